-- Writes down that a message did not arrive after all. ARGV: 1 endpoint, 2 id, 3 why. Returns 1, or 0 if it is not kept.
local name, id, why = ARGV[1], ARGV[2], ARGV[3]
local message = message_key(name, id)
if redis.call('EXISTS', message) == 0 then return 0 end
redis.call('ZREM', message_key(name, 'due'), id)
redis.call('HSET', message, 'status', 'given_up', 'last', why)
return 1
