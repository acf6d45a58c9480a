-- Whether a request to a chat model may be sent now, and if not, from when on.
-- KEYS: 1 sent: ticket -> ms
--       2 waiting: run -> ms at which it may come back
--       3 urgent: those of them that a human waits for
--       4 cost: `s:<ticket>` or `w:<run>` -> tokens
-- ARGV: 1 run, 2 ticket, 3 tokens, 4 requests in a window (0: any), 5 tokens in a window (0: any), 6 window in ms,
--       7 whether a human waits for it (1 or 0)
-- Returns 0: counted as sent; -1: takes more tokens than a window has; else the time to come back.
local sent, waiting, urgent, cost = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local run, tokens = ARGV[1], tonumber(ARGV[3])
local most, most_tokens, window = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local is_urgent = ARGV[7] == '1'
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

if most_tokens > 0 and tokens > most_tokens then return -1 end

local function forget(kind, name)
  if kind == 's:' then
    redis.call('ZREM', sent, name)
  else
    redis.call('ZREM', waiting, name)
    redis.call('ZREM', urgent, name)
  end
  redis.call('HDEL', cost, kind .. name)
end

local function last_of(line)
  return tonumber(redis.call('ZRANGE', line, -1, -1, 'WITHSCORES')[2] or '0')
end

local function put(line, kind, name, at)
  redis.call('ZADD', line, at, name)
  if line == waiting and is_urgent then redis.call('ZADD', urgent, at, name) end
  redis.call('HSET', cost, kind .. name, tokens)
  local ttl = math.max(last_of(waiting), now) - now + 2 * window
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ttl) end
end

-- Both look from `at`, after which there is nobody, for the first moment whose window has room beside what was
-- sent and those who wait in `line`, if one is given. Who is late to come back counts as sent now.
local function requests_free(at, line)
  local from = '(' .. (at - window)
  local done = redis.call('ZCOUNT', sent, from, at)
  local all = done + (line and redis.call('ZCOUNT', line, from, at) or 0)
  local over = all + 1 - most
  if over <= 0 then return at end
  if over <= done then
    return tonumber(redis.call('ZRANGEBYSCORE', sent, from, at, 'WITHSCORES', 'LIMIT', over - 1, 1)[2]) + window
  end
  local last = redis.call('ZRANGEBYSCORE', line, from, at, 'WITHSCORES', 'LIMIT', over - done - 1, 1)
  return math.max(tonumber(last[2]), now) + window
end

local function tokens_free(at, line)
  local from, times, names = '(' .. (at - window), {}, {}
  local function gather(key, kind, least)
    local found = redis.call('ZRANGEBYSCORE', key, from, at, 'WITHSCORES')
    for i = 1, #found, 2 do
      times[#times + 1] = math.max(tonumber(found[i + 1]), least)
      names[#names + 1] = kind .. found[i]
    end
  end
  gather(sent, 's:', 0)
  if line then gather(line, 'w:', now) end
  local costs, spent = {}, 0
  for first = 1, #names, 1000 do
    local some = redis.call('HMGET', cost, unpack(names, first, math.min(first + 999, #names)))
    for _, each in ipairs(some) do
      costs[#costs + 1] = tonumber(each or '0')
      spent = spent + costs[#costs]
    end
  end
  for i, time in ipairs(times) do
    if spent + tokens <= most_tokens then break end
    at = math.max(at, time + window)
    spent = spent - costs[i]
  end
  return at
end

local function room(at, line)
  local free = at
  if most > 0 then free = math.max(free, requests_free(at, line)) end
  if most_tokens > 0 then free = math.max(free, tokens_free(at, line)) end
  return free
end

for _, name in ipairs(redis.call('ZRANGEBYSCORE', sent, '-inf', now - window)) do forget('s:', name) end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', now - window)) do forget('w:', name) end

local due = tonumber(redis.call('ZSCORE', waiting, run) or '0')
if due > now then return due end
local at
if due > 0 then
  -- Its turn: what counts is what was really sent, and humans who are due go first.
  forget('w:', run)
  at = room(now, not is_urgent and urgent or nil)
else
  -- Nobody overtakes those who wait, but for whom a human waits.
  local line = is_urgent and urgent or waiting
  at = room(math.max(now, last_of(line)), line)
end
if at > now then
  put(waiting, 'w:', run, at)
  return at
end
put(sent, 's:', ARGV[2], now)
return 0
