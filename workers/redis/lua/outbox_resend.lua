-- Sends a message again now, with the attempts of a new one. ARGV: 1 endpoint, 2 id. Returns 1, or 0 if it is not kept.
local name, id = ARGV[1], ARGV[2]
local message = message_key(name, id)
if redis.call('EXISTS', message) == 0 then return 0 end
local now = now_ms()
redis.call('HSET', message, 'status', 'pending', 'attempts', 0, 'settled', 0, 'next_ms', now)
redis.call('PERSIST', message)
redis.call('ZREM', message_key(name, 'flying'), id)
redis.call('ZADD', message_key(name, 'due'), now, id)
return 1
