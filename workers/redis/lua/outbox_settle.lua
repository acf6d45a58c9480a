-- Writes down what came of an attempt.
-- ARGV: 1 endpoint, 2 id, 3 attempt, 4 the attempt as JSON, 5 outcome, 6 when it is tried again, 7 its last result in
-- words, 8 what the receiver calls it, 9 how long it is kept in ms when it is done, 10 how many attempts are remembered.
local name, id, attempt, record, outcome, next_ms, last, receipt, kept_ms, logged = unpack(ARGV)
local endpoint = redis.call('HGET', endpoints, name)
if not endpoint then return 0 end
redis.call('LPUSH', message_key(name, 'attempts'), record)
redis.call('LTRIM', message_key(name, 'attempts'), 0, logged - 1)
local due, message = message_key(name, 'due'), message_key(name, id)
local attempts, status = unpack(redis.call('HMGET', message, 'attempts', 'status'))
-- Another sender may have claimed it since, when the lease was over; what that one finds counts.
if attempts ~= attempt or status ~= 'pending' then return 0 end
redis.call('ZREM', message_key(name, 'flying'), id)
count('fluxagents_outbox_attempts_total|' .. family .. '|' .. outcome, 1)

local function close(its_id, its_status)
  local key = message_key(name, its_id)
  redis.call('ZREM', due, its_id)
  redis.call('HSET', key, 'status', its_status)
  redis.call('PEXPIRE', key, kept_ms)
end

redis.call('HSET', message, 'last', last, 'next_ms', next_ms, 'settled', attempt)
if receipt ~= '' then redis.call('HSET', message, 'receipt', receipt) end
if outcome == 'retry' then
  redis.call('ZADD', due, next_ms, id)
elseif outcome == 'gone' then
  -- The receiver wants nothing any more: neither this message, nor those that wait, nor new ones.
  local gone = string.gsub(endpoint, '"status":"active"', '"status":"gone"', 1)
  redis.call('HSET', endpoints, name, gone)
  for _, waiting in ipairs(redis.call('ZRANGE', due, 0, -1)) do close(waiting, 'ended') end
else
  close(id, outcome)
end
return 1
