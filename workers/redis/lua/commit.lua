-- A step's events, if the run is still at that step and the lease is still the committer's; with them the runs
-- that the step starts. The last of the runs that another one waits for rouses that one.
local id, run = ARGV[1], P .. 'run:' .. ARGV[1]
local is = redis.call('HMGET', run, 'seq', 'status', 'fence', 'owner', 'pause_by', 'queue', 'request', 'attempt')
if not is[1] then return {'unknown'} end
if is[1] ~= ARGV[2] then return {'stale'} end
if ARGV[11] ~= '' then
  if not is[4] or is[3] ~= ARGV[11] then return {'stale'} end
  if is[5] and ARGV[12] == '' and (ARGV[5] == 'running' or ARGV[5] == 'waiting') then return {'pause_requested', is[5]} end
end
local interrupted = 0
if is[4] then
  redis.call('SREM', P .. 'leases', id)
  if ARGV[11] == '' then interrupted = tonumber(is[8]) end
end
local started, at = {}, 16 + ARGV[16]
while ARGV[at + 1] do
  started[#started + 1] = create(at)
  at = at + 16 + ARGV[at + 16]
end
local ticket = settle(0, is[2], is[6], is[7])
local roused = {}
if RESTS[ARGV[5]] then
  local followers = redis.call('SMEMBERS', run .. ':followers')
  table.sort(followers)
  redis.call('UNLINK', run .. ':followers')
  for _, follower in ipairs(followers) do
    local open = P .. 'run:' .. follower .. ':open'
    if redis.call('SREM', open, id) == 1 and redis.call('EXISTS', open) == 0 then
      roused[#roused + 1] = rouse(follower)
    end
  end
end
return {'ok', ticket, interrupted, started, roused}
