-- Whether a request to a chat model may be sent now, and if not, from when on.
-- KEYS: 1 sent: ticket -> ms
--       2 waiting: run -> ms at which it may come back
--       3 cost: `s:<ticket>` or `w:<run>` -> tokens
-- ARGV: 1 run, 2 ticket, 3 tokens, 4 requests in a window (0: any), 5 tokens in a window (0: any), 6 window in ms
-- Returns 0: counted as sent; -1: takes more tokens than a window has; else the time to come back.
local sent, waiting, cost = KEYS[1], KEYS[2], KEYS[3]
local run, tokens = ARGV[1], tonumber(ARGV[3])
local most, most_tokens, window = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

if most_tokens > 0 and tokens > most_tokens then return -1 end

local function forget(line, kind, name)
  redis.call('ZREM', line, name)
  redis.call('HDEL', cost, kind .. name)
end

local function put(line, kind, name, at)
  redis.call('ZADD', line, at, name)
  redis.call('HSET', cost, kind .. name, tokens)
  local last = tonumber(redis.call('ZRANGE', waiting, -1, -1, 'WITHSCORES')[2] or '0')
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, math.max(last, now) - now + 2 * window) end
end

-- Both look from `at`, after which there is nobody, for the first moment whose window has room. Who is late to
-- come back counts as sent now. `queued` says whether those who wait count at all.
local function requests_free(at, queued)
  local from = '(' .. (at - window)
  local done = redis.call('ZCOUNT', sent, from, at)
  local all = done + (queued and redis.call('ZCOUNT', waiting, from, at) or 0)
  local over = all + 1 - most
  if over <= 0 then return at end
  local line, index = sent, over - 1
  if over > done then line, index = waiting, over - done - 1 end
  local last = redis.call('ZRANGEBYSCORE', line, from, at, 'WITHSCORES', 'LIMIT', index, 1)
  local left = tonumber(last[2])
  return (line == waiting and math.max(left, now) or left) + window
end

local function tokens_free(at, queued)
  local from, times, names = '(' .. (at - window), {}, {}
  local function gather(line, kind, least)
    local found = redis.call('ZRANGEBYSCORE', line, from, at, 'WITHSCORES')
    for i = 1, #found, 2 do
      times[#times + 1] = math.max(tonumber(found[i + 1]), least)
      names[#names + 1] = kind .. found[i]
    end
  end
  gather(sent, 's:', 0)
  if queued then gather(waiting, 'w:', now) end
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

local function room(at, queued)
  local free = at
  if most > 0 then free = math.max(free, requests_free(at, queued)) end
  if most_tokens > 0 then free = math.max(free, tokens_free(at, queued)) end
  return free
end

for _, name in ipairs(redis.call('ZRANGEBYSCORE', sent, '-inf', now - window)) do forget(sent, 's:', name) end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', now - window)) do forget(waiting, 'w:', name) end

local due = tonumber(redis.call('ZSCORE', waiting, run) or '0')
if due > now then return due end
local at
if due > 0 then
  -- Its turn: what counts is what was really sent.
  forget(waiting, 'w:', run)
  at = room(now, false)
else
  -- Nobody overtakes those who wait.
  local last = tonumber(redis.call('ZRANGE', waiting, -1, -1, 'WITHSCORES')[2] or '0')
  at = room(math.max(now, last), true)
end
if at > now then
  put(waiting, 'w:', run, at)
  return at
end
put(sent, 's:', ARGV[2], now)
return 0
