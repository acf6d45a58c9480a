-- Removes a run that has ended, with its entries in every index.
-- ARGV: 1 run, 2 session, 3 the step it must be at, or empty: a run may have gone back and ended again since it was
-- read. Returns 1 when it was removed, else 0.
local id, session, seq = ARGV[1], ARGV[2], ARGV[3]
local run = run_key(id)
local status = redis.call('HGET', run, 'status')
if seq ~= '' and redis.call('HGET', run, 'seq') ~= seq then return 0 end
-- A dead run is terminal too and stays: a human may set it going again.
if not TERMINAL[status] or status == 'dead' then return 0 end
redis.call('UNLINK', run, run .. ':events', run .. ':followers')
for _, index in ipairs({'runs', 'status:' .. status, 'session:' .. session, 'requests', 'timers'}) do
  redis.call('ZREM', prefix .. index, id)
end
redis.call('SREM', prefix .. 'leases', id)
redis.call('HDEL', prefix .. 'request-marks', id)
return 1
