-- Keeps new messages to an endpoint, to be sent now.
-- ARGV: 1 endpoint, 2 how long ids are kept in ms, then of each message: id, type, body, time of the event in ms.
-- Returns how many were new.
local name, kept_ms = ARGV[1], tonumber(ARGV[2])
if redis.call('HEXISTS', prefix .. 'webhooks', name) == 0 then return 0 end
local now, count = now_ms(), 0
for at = 3, #ARGV, 4 do
  local id, kind, body, created_ms = unpack(ARGV, at, at + 3)
  local message = webhook_key(name, id)
  if redis.call('EXISTS', message) == 0 then
    redis.call('HSET', message, 'type', kind, 'body', body, 'created_ms', created_ms, 'status', 'pending',
      'attempts', 0, 'next_ms', now)
    -- Those of one call keep their order.
    redis.call('ZADD', webhook_key(name, 'messages'), now + count / 1000, id)
    redis.call('ZADD', webhook_key(name, 'due'), now, id)
    count = count + 1
  end
end
redis.call('ZREMRANGEBYSCORE', webhook_key(name, 'messages'), '-inf', now - kept_ms)
return count
