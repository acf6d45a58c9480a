-- Gives a lease back without a commit; the dispatch is due again. ARGV: 1 run, 2 seq, 3 fence, 4 error: empty if the step was
-- not tried, so that this delivery does not count.
local P, id = KEYS[1], ARGV[1]
local run = P .. 'run:' .. id
local is = redis.call('HMGET', run, 'seq', 'fence', 'owner', 'queue', 'ticket')
if is[1] ~= ARGV[2] or is[2] ~= ARGV[3] or not is[3] then return 0 end
redis.call('HDEL', run, 'owner')
if ARGV[4] == '' then redis.call('HINCRBY', run, 'deliveries', -1)
else redis.call('HSET', run, 'last_error', ARGV[4]) end
redis.call('SREM', P .. 'leases', id)
redis.call('ZADD', P .. 'due:' .. is[4], is[5], id)
return 1
