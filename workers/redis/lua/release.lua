-- Gives a lease back without a commit; the dispatch is due again. Owns the field `last_error` of a run; takes from
-- `leases`, adds to `due:<queue>`.
-- ARGV: 1 run, 2 seq, 3 fence, 4 error: empty if the step was not tried, so that this delivery does not count.
-- Returns 1, or 0 if the lease is another one's by now.
local id, error = ARGV[1], ARGV[4]
local run = run_key(id)
local seq, fence, owner, queue, sequence_number = unpack(redis.call('HMGET', run,
  'seq', 'fence', 'owner', 'queue', 'ticket'))
if seq ~= ARGV[2] or fence ~= ARGV[3] or not owner then return 0 end
redis.call('HDEL', run, 'owner')
if error == '' then
  redis.call('HINCRBY', run, 'deliveries', -1)
else
  redis.call('HSET', run, 'last_error', error)
end
redis.call('SREM', prefix .. 'leases', id)
redis.call('ZADD', prefix .. 'due:' .. queue, sequence_number, id)
return 1
