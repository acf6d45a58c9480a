-- Lets a message go that waits for an attempt; one whose sender died with it may have arrived. ARGV: 1 endpoint, 2 id,
-- 3 how long it is kept in ms. Returns 1, or 0 if it is under way or done.
local name, id, kept_ms = ARGV[1], ARGV[2], ARGV[3]
local message, flying = message_key(name, id), redis.call('ZSCORE', message_key(name, 'flying'), id)
local status, attempts, settled = unpack(redis.call('HMGET', message, 'status', 'attempts', 'settled'))
if status ~= 'pending' or (flying and tonumber(flying) > now_ms()) then return 0 end
redis.call('ZREM', message_key(name, 'due'), id)
local is_doubtful = tonumber(attempts or 0) > tonumber(settled or 0)
redis.call('HSET', message, 'status', is_doubtful and 'unknown' or 'ended')
redis.call('PEXPIRE', message, kept_ms)
return 1
