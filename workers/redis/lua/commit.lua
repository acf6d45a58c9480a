-- Writes a step if the run is still at it and the lease is still the committer's; with it the runs that it begins.
-- Owns no key of its own: see write_step, dispatches and `leases`.
--
-- ARGV: 1 a JSON document, then the texts that it refers to by the numbers of their arguments:
--   step       see write_step
--   children   the first steps of the runs that it begins
--   fence      of the lease; absent for an external event
--   pausing    whether the step carries the pause that was requested
-- Returns the status of the commit, then: when it is `ok`, the sequence number of the next dispatch (0 for none),
-- the attempt that an external event interrupted (0 for none), the sequence numbers of the children, and the
-- dispatches of the runs that waited for this one; when a pause is requested, by whom.
local document = cjson.decode(ARGV[1])
local step, fence = document.step, document.fence
local id, run = step.run, run_key(step.run)
local seq, status, last_fence, owner, pause_by, queue, request, attempt, account, person, sleeping = unpack(redis.call(
  'HMGET', run, 'seq', 'status', 'fence', 'owner', 'pause_by', 'queue', 'request', 'attempt', 'account', 'person',
  'sleeping'))
if not seq then return {'unknown'} end
if tonumber(seq) ~= step.seq then return {'stale'} end
if fence then
  -- The lease was taken back or is another worker's: whoever loses the race writes nothing.
  if not owner or tonumber(last_fence) ~= fence then return {'stale'} end
  -- A step that ends the run leaves nothing to pause.
  local goes_on = step.status == 'running' or step.status == 'waiting'
  if pause_by and goes_on and not document.pausing then return {'pause_requested', pause_by} end
end
local interrupted = 0
if owner then
  redis.call('SREM', prefix .. 'leases', id)
  -- An external event is written whoever holds the lease; that worker's task can be stopped.
  if not fence then interrupted = tonumber(attempt) end
end
-- Children come first: the step may wait for them, and finds only runs that exist.
local children = {}
for _, child in ipairs(document.children) do children[#children + 1] = create(child) end
local sequence_number = write_step(step, {status = status, queue = queue, request = request, sleeping = sleeping})
if step.usage then
  if account then charge(account, step.usage) end
  take_turn(person or '', account or '', step.usage.work_ms)
end
local resumed = {}
if TERMINAL[step.status] then
  local followers = redis.call('SMEMBERS', run .. ':followers')
  table.sort(followers)
  redis.call('UNLINK', run .. ':followers')
  for _, follower in ipairs(followers) do
    -- A follower goes on with the last run that it waits for; one that was resumed before has no `:open` any more.
    local open = run_key(follower) .. ':open'
    if redis.call('SREM', open, id) == 1 and redis.call('EXISTS', open) == 0 then
      resumed[#resumed + 1] = resume(follower)
    end
  end
end
return {'ok', sequence_number, interrupted, children, resumed}
