-- Whether a request to a chat model may be sent now, and if not, when it may come back: a sliding window of requests
-- and tokens over all workers. Owns, beneath `chat:<chat model>:`,
--   KEYS 1 sent      sorted set of requests by the time at which they were sent
--        2 waiting   sorted set of runs by the time at which they may come back
--        3 urgent    those of them that a human waits for
--        4 cost      hash of tokens: `s:<request>` for what was sent, `w:<run>` for what waits
-- ARGV: 1 a JSON document:
--   run request     the request's id must be new
--   tokens          the most that it may take
--   max_requests max_tokens    in a window; 0 for any number
--   window_ms
--   urgent          whether a human waits for it
-- Returns 0: it counts as sent; -1: it takes more tokens than a window has; else the time to come back.
local sent, waiting, urgent, cost = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local asked = cjson.decode(ARGV[1])
local run, tokens, window = asked.run, asked.tokens, asked.window_ms
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

if asked.max_tokens > 0 and tokens > asked.max_tokens then return -1 end

local function forget(kind, name)
  if kind == 's:' then
    redis.call('ZREM', sent, name)
  else
    redis.call('ZREM', waiting, name)
    redis.call('ZREM', urgent, name)
  end
  redis.call('HDEL', cost, kind .. name)
end

local function last_time(queue)
  return tonumber(redis.call('ZRANGE', queue, -1, -1, 'WITHSCORES')[2] or '0')
end

local function put(queue, kind, name, at)
  redis.call('ZADD', queue, at, name)
  if queue == waiting and asked.urgent then redis.call('ZADD', urgent, at, name) end
  redis.call('HSET', cost, kind .. name, tokens)
  -- Nothing is left of a chat model that nobody asks any more.
  local ttl = math.max(last_time(waiting), now) - now + 2 * window
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ttl) end
end

-- The next two functions find the first time, not before `at`, at which the window has room. What was sent counts,
-- and what waits in `queue`, if one is given; nobody in it comes after `at`. A run that is late to come back counts
-- as if it were sent now.
local function when_requests_fit(at, queue)
  local from = '(' .. (at - window)
  local count_sent = redis.call('ZCOUNT', sent, from, at)
  local count = count_sent + (queue and redis.call('ZCOUNT', queue, from, at) or 0)
  local excess = count + 1 - asked.max_requests
  if excess <= 0 then return at end
  -- There is room when the last of the excess leaves the window; what was sent leaves it first.
  if excess <= count_sent then
    return tonumber(redis.call('ZRANGEBYSCORE', sent, from, at, 'WITHSCORES', 'LIMIT', excess - 1, 1)[2]) + window
  end
  local last = redis.call('ZRANGEBYSCORE', queue, from, at, 'WITHSCORES', 'LIMIT', excess - count_sent - 1, 1)
  return math.max(tonumber(last[2]), now) + window
end

local function when_tokens_fit(at, queue)
  local from, times, names = '(' .. (at - window), {}, {}
  local function gather(key, kind, earliest)
    local rows = redis.call('ZRANGEBYSCORE', key, from, at, 'WITHSCORES')
    for i = 1, #rows, 2 do
      times[#times + 1] = math.max(tonumber(rows[i + 1]), earliest)
      names[#names + 1] = kind .. rows[i]
    end
  end
  gather(sent, 's:', 0)
  if queue then gather(queue, 'w:', now) end
  local costs, total = {}, 0
  -- Lua unpacks some thousand values at most.
  for first = 1, #names, 1000 do
    local page = redis.call('HMGET', cost, unpack(names, first, math.min(first + 999, #names)))
    for _, its_cost in ipairs(page) do
      costs[#costs + 1] = tonumber(its_cost or '0')
      total = total + costs[#costs]
    end
  end
  for i, its_time in ipairs(times) do
    if total + tokens <= asked.max_tokens then break end
    at = math.max(at, its_time + window)
    total = total - costs[i]
  end
  return at
end

local function when_it_fits(at, queue)
  local fits = at
  if asked.max_requests > 0 then fits = math.max(fits, when_requests_fit(at, queue)) end
  if asked.max_tokens > 0 then fits = math.max(fits, when_tokens_fit(at, queue)) end
  return fits
end

for _, name in ipairs(redis.call('ZRANGEBYSCORE', sent, '-inf', now - window)) do forget('s:', name) end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', waiting, '-inf', now - window)) do forget('w:', name) end

local due = tonumber(redis.call('ZSCORE', waiting, run) or '0')
-- A run that comes too early keeps its place.
if due > now then return due end
local at
if due > 0 then
  -- It is this run's turn: only what was really sent counts, and the runs of humans that are due go first.
  forget('w:', run)
  at = when_it_fits(now, not asked.urgent and urgent or nil)
else
  -- Nobody overtakes those who wait; a run that a human waits for overtakes the others.
  local queue = asked.urgent and urgent or waiting
  at = when_it_fits(math.max(now, last_time(queue)), queue)
end
if at > now then
  put(waiting, 'w:', run, at)
  return at
end
put(sent, 's:', asked.request, now)
return 0
