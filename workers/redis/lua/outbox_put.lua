-- Keeps new messages to an endpoint, to be sent now.
-- ARGV: 1 endpoint, 2 how long ids are kept in ms, then of each message: id, type, body, time of the event
-- in ms, the earliest time of an attempt in ms.
-- Returns how many were new.
local name, kept_ms = ARGV[1], tonumber(ARGV[2])
if redis.call('HEXISTS', endpoints, name) == 0 then return 0 end
local now, count = now_ms(), 0
for at = 3, #ARGV, 5 do
  local id, kind, body, created_ms, from_ms = unpack(ARGV, at, at + 4)
  local message, next_ms = message_key(name, id), math.max(now, tonumber(from_ms))
  if redis.call('EXISTS', message) == 0 then
    redis.call('HSET', message, 'type', kind, 'body', body, 'created_ms', created_ms, 'status', 'pending',
      'attempts', 0, 'next_ms', next_ms)
    -- Those of one call keep their order.
    redis.call('ZADD', message_key(name, 'messages'), now + count / 1000, id)
    redis.call('ZADD', message_key(name, 'due'), next_ms, id)
    count = count + 1
  end
end
redis.call('ZREMRANGEBYSCORE', message_key(name, 'messages'), '-inf', now - kept_ms)
return count
