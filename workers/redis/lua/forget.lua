-- Removes a run that has ended, with its entries in every index. ARGV: 1 run, 2 session, 3 the step it must be at
-- or empty: a run may have gone back and ended again since it was read. 1 when it was removed.
local P, id = KEYS[1], ARGV[1]
local run = P .. 'run:' .. id
local status = redis.call('HGET', run, 'status')
if ARGV[3] ~= '' and redis.call('HGET', run, 'seq') ~= ARGV[3] then return 0 end
if status ~= 'finished' and status ~= 'failed' and status ~= 'cancelled' then return 0 end
redis.call('UNLINK', run, run .. ':events', run .. ':followers')
for _, index in ipairs({'runs', 'status:' .. status, 'session:' .. ARGV[2], 'requests', 'timers'}) do
  redis.call('ZREM', P .. index, id)
end
redis.call('SREM', P .. 'leases', id)
return 1
