-- Whether a request to a chat model may be sent now, and if not, from when on.
-- KEYS: 1 line: entry -> ms; sent requests `s:<ticket>`, and waiting ones `w:<run>` at the time they were given
--       2 cost: entry -> tokens
-- ARGV: 1 run, 2 ticket, 3 tokens, 4 requests in a window (0: any), 5 tokens in a window (0: any), 6 window in ms
-- Returns 0: counted as sent; -1: takes more tokens than a window has; else the time to come back.
local line, cost = KEYS[1], KEYS[2]
local waiter, tokens = 'w:' .. ARGV[1], tonumber(ARGV[3])
local most, most_tokens, window = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

if most_tokens > 0 and tokens > most_tokens then return -1 end

local function forget(entry)
  redis.call('ZREM', line, entry)
  redis.call('HDEL', cost, entry)
end

local function put(entry, at)
  redis.call('ZADD', line, at, entry)
  redis.call('HSET', cost, entry, tokens)
  local last = redis.call('ZRANGE', line, -1, -1, 'WITHSCORES')
  local ttl = math.max(tonumber(last[2]), now) - now + 2 * window
  redis.call('PEXPIRE', line, ttl)
  redis.call('PEXPIRE', cost, ttl)
end

-- The first moment from `at` on whose window has room, with all entries up to `at` or only the sent ones.
local function room(at, sent_only)
  local found = redis.call('ZRANGEBYSCORE', line, '(' .. (at - window), at, 'WITHSCORES')
  local entries, spent = {}, 0
  for i = 1, #found, 2 do
    if not sent_only or string.sub(found[i], 1, 2) == 's:' then
      local its = tonumber(redis.call('HGET', cost, found[i]) or '0')
      entries[#entries + 1] = {tonumber(found[i + 1]), its}
      spent = spent + its
    end
  end
  local left = #entries
  for _, entry in ipairs(entries) do
    if (most == 0 or left < most) and (most_tokens == 0 or spent + tokens <= most_tokens) then break end
    at = math.max(at, entry[1] + window)
    left, spent = left - 1, spent - entry[2]
  end
  return at
end

for _, entry in ipairs(redis.call('ZRANGEBYSCORE', line, '-inf', now - window)) do forget(entry) end

local due = tonumber(redis.call('ZSCORE', line, waiter) or '0')
if due > now then return due end
local at
if due > 0 then
  -- Its turn: what counts is what was really sent.
  forget(waiter)
  at = room(now, true)
else
  -- Nobody overtakes those who wait.
  local last = redis.call('ZRANGE', line, -1, -1, 'WITHSCORES')
  at = room(math.max(now, tonumber(last[2] or '0')), false)
end
if at > now then
  put(waiter, at)
  return at
end
put('s:' .. ARGV[2], now)
return 0
