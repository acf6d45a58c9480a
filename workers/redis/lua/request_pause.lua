-- Asks the holder of a lease to pause after its step. ARGV: 1 run, 2 by.
local run = KEYS[1] .. 'run:' .. ARGV[1]
if redis.call('HEXISTS', run, 'owner') == 0 then return 0 end
redis.call('HSET', run, 'pause_by', ARGV[2])
return 1
