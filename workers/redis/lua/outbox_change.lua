-- Replaces an endpoint if it is as it was read. ARGV: 1 name, 2 as it was, 3 as it is now, as JSON. Returns 1, else 0.
local name, before, after = unpack(ARGV)
if redis.call('HGET', endpoints, name) ~= before then return 0 end
redis.call('HSET', endpoints, name, after)
return 1
