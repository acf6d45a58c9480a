-- A step's events, if the run is still at that step and the lease is still the committer's.
local is = redis.call('HMGET', run, 'seq', 'status', 'fence', 'owner', 'pause_by', 'queue', 'request', 'attempt')
if not is[1] then return {'unknown'} end
if is[1] ~= seq then return {'stale'} end
if ARGV[11] ~= '' then
  if not is[4] or is[3] ~= ARGV[11] then return {'stale'} end
  if is[5] and ARGV[12] == '' and (ARGV[5] == 'running' or ARGV[5] == 'waiting') then return {'pause', is[5]} end
end
local interrupted = 0
if is[4] then
  redis.call('SREM', P .. 'leases', id)
  if ARGV[11] == '' then interrupted = tonumber(is[8]) end
end
return {'ok', settle(is[2], is[6], is[7]), interrupted}
