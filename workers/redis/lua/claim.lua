-- Takes the lease of a step. Owns `seen:<queue>` and the lease of a run; adds to `leases`, takes from `due:<queue>`.
--
-- ARGV: 1 a JSON document:
--   run seq
--   digest            of the state that the message carried; empty when it carried none and the stored one is wanted
--   sequence_number   that the message had in its queue
--   owner             `<node>|<process id>`
--   max_deliveries lease_ms
--   nonce             of this claim, which the client sends again when the reply was lost
-- Returns the status of the claim; with a lease also the fence, the state (if wanted), the last error, what of the
-- budget of its session is used up, as `find_excess` says it (the session first), if anything is, and the first steps
-- whose turn it is now, as `issue_again` does.
local MAX_RELEASED = 16

-- A delivery that changes nothing.
local function drop(reason)
  count('fluxagents_deliveries_dropped_total|' .. reason, 1)
  return {reason}
end

local asked = cjson.decode(ARGV[1])
local id, run = asked.run, run_key(asked.run)
local fields = redis.pcall('HMGET', run, 'seq', 'digest', 'owner', 'queue', 'lease_until', 'nonce', 'fence',
  'account', 'status', 'deliveries', 'last_error', 'dispatched_ms')
-- What an id that is none leads to may be no hash.
if fields.err then return {'unknown'} end
local seq, digest, owner, queue, lease_until, nonce, fence, account, status, deliveries, last_error, dispatched_ms =
  unpack(fields)
if not seq then return {'unknown'} end
if tonumber(seq) ~= asked.seq then return drop('stale') end
if not queue then return drop('not_runnable') end
if asked.digest ~= '' and digest ~= asked.digest then return drop('digest_mismatch') end

-- A message that names a higher number than was ever issued would make every dispatch look lost.
local issued, high_water_mark = unpack(redis.call('MGET', prefix .. 'ticket:' .. queue, prefix .. 'seen:' .. queue))
if asked.sequence_number <= tonumber(issued) and asked.sequence_number > tonumber(high_water_mark or 0) then
  redis.call('SET', prefix .. 'seen:' .. queue, asked.sequence_number)
end

fence, deliveries = tonumber(fence or 0), tonumber(deliveries or 0)
if not owner or nonce ~= asked.nonce then
  if owner and is_lease_valid(owner, lease_until) then return drop('leased') end
  add_process(asked.owner)
  fence, deliveries = fence + 1, deliveries + 1
  redis.call('HSET', run, 'owner', asked.owner, 'lease_until', now_ms() + asked.lease_ms, 'nonce', asked.nonce,
    'fence', fence, 'deliveries', deliveries)
  redis.call('SADD', prefix .. 'leases', id)
  redis.call('ZREM', prefix .. 'due:' .. queue, id)
  observe_wait('fluxagents_queue_wait_seconds|' .. queue, now_ms() - (dispatched_ms or now_ms()))
  local started_ms = asked.seq == 1 and deliveries == 1 and redis.call('ZSCORE', prefix .. 'runs', id)
  if started_ms then
    observe_wait('fluxagents_first_step_wait_seconds|' .. name_lane(queue), now_ms() - started_ms)
  end
end

local state = asked.digest == '' and redis.call('HGET', run, 'state') or ''
local released = is_first_lane(queue) and release(queue, MAX_RELEASED) or {}
local answer, excess = 'ok', nil
if deliveries > asked.max_deliveries then
  answer = 'exhausted'
elseif account and status == 'running' then
  -- What waits or is paused may end by its time, whatever its session has used.
  excess = find_excess(account, USED_BY_STEPS)
  if excess then answer = 'over_budget' end
end
return {answer, fence, state, last_error or '', excess and {account, unpack(excess)} or {}, released}
