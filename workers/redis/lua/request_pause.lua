-- Asks whoever holds the lease of a run to pause after the step. Owns the field `pause_by` of a run.
-- ARGV: 1 run, 2 by; where a person asks, 3 and 4 the record of the act and its sha256.
-- Returns 1, or 0 when nobody holds it.
local run = run_key(ARGV[1])
if redis.call('HEXISTS', run, 'owner') == 0 then return 0 end
redis.call('HSET', run, 'pause_by', ARGV[2])
if ARGV[3] then append_act(ARGV[3], ARGV[4]) end
return 1
