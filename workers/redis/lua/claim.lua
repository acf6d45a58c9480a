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

local asked = cjson.decode(ARGV[1])
local id, run = asked.run, run_key(asked.run)
local fields = redis.pcall('HMGET', run, 'seq', 'digest', 'owner', 'queue', 'lease_until', 'nonce', 'fence',
  'account', 'status')
-- What an id that is none leads to may be no hash.
if fields.err then return {'unknown'} end
local seq, digest, owner, queue, lease_until, nonce, fence, account, run_status = unpack(fields)
if not seq then return {'unknown'} end
if tonumber(seq) ~= asked.seq then return {'stale'} end
if not queue then return {'not_runnable'} end
if asked.digest ~= '' and digest ~= asked.digest then return {'digest_mismatch'} end

-- A message that names a higher number than was ever issued would make every dispatch look lost.
local issued = tonumber(redis.call('GET', prefix .. 'ticket:' .. queue))
local high_water_mark = tonumber(redis.call('GET', prefix .. 'seen:' .. queue) or 0)
if asked.sequence_number <= issued and asked.sequence_number > high_water_mark then
  redis.call('SET', prefix .. 'seen:' .. queue, asked.sequence_number)
end

local function lease(its_fence, deliveries, last_error)
  local state = asked.digest == '' and redis.call('HGET', run, 'state') or ''
  local released = is_first_lane(queue) and release(queue, MAX_RELEASED) or {}
  if deliveries > asked.max_deliveries then return {'exhausted', its_fence, state, last_error or '', {}, released} end
  -- What waits or is paused may end by its time, whatever its session has used.
  local excess = account and run_status == 'running' and find_excess(account, USED_BY_STEPS)
  if excess then return {'over_budget', its_fence, state, last_error or '', {account, unpack(excess)}, released} end
  return {'ok', its_fence, state, last_error or '', {}, released}
end

if owner and nonce == asked.nonce then
  local deliveries, last_error = unpack(redis.call('HMGET', run, 'deliveries', 'last_error'))
  return lease(tonumber(fence), tonumber(deliveries), last_error)
end
if owner and is_lease_valid(owner, lease_until) then return {'leased'} end
local node, pid = string.match(asked.owner, '^(.*)|([^|]*)$')
-- A process that was just forked may claim before its node's next heartbeat names it.
if redis.call('EXISTS', prefix .. 'node:' .. node) == 1 then redis.call('HSET', prefix .. 'node:' .. node, pid, 1) end
local next_fence = redis.call('HINCRBY', run, 'fence', 1)
local deliveries = redis.call('HINCRBY', run, 'deliveries', 1)
redis.call('HSET', run, 'owner', asked.owner, 'lease_until', now_ms() + asked.lease_ms, 'nonce', asked.nonce)
redis.call('SADD', prefix .. 'leases', id)
redis.call('ZREM', prefix .. 'due:' .. queue, id)
return lease(next_fence, deliveries, redis.call('HGET', run, 'last_error'))
