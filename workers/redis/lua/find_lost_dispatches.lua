-- Issues again the dispatches of a queue that were lost. Owns `mark:<queue>`; takes from `leases`.
-- ARGV: 1 queue, 2 whether it is empty (1 or 0), 3 grace in ms, 4 limit.
-- Returns the dispatches as `issue_again` does.
local queue, is_idle, grace_ms, limit = ARGV[1], ARGV[2] == '1', tonumber(ARGV[3]), tonumber(ARGV[4])
local now = now_ms()
local due = prefix .. 'due:' .. queue
local issued, is_issued, reclaimed = {}, {}, 0

local function issue_lost(id)
  -- A dispatch may be lost for several reasons.
  if is_issued[id] then return end
  is_issued[id] = true
  issued[#issued + 1] = issue_again(id, queue)
end

-- The claimant died.
for _, id in ipairs(redis.call('SMEMBERS', prefix .. 'leases')) do
  local run = run_key(id)
  local owner, its_queue, lease_until = unpack(redis.call('HMGET', run, 'owner', 'queue', 'lease_until'))
  if its_queue == queue and owner and not is_lease_valid(owner, lease_until) then
    redis.call('HDEL', run, 'owner')
    reclaimed = reclaimed + 1
    redis.call('SREM', prefix .. 'leases', id)
    issue_lost(id)
  end
end

-- Workers take the messages of a queue in order, so a dispatch is lost that is due while a later one was claimed. The
-- high-water mark of `grace_ms` ago is what counts: workers that took both at once may claim them in either order.
local high_water_mark = 0
local marked, marked_ms = unpack(redis.call('HMGET', prefix .. 'mark:' .. queue, 'seen', 'at'))
if not marked_ms or now - marked_ms >= grace_ms then
  high_water_mark = tonumber(marked or 0)
  redis.call('HSET', prefix .. 'mark:' .. queue, 'seen', redis.call('GET', prefix .. 'seen:' .. queue) or 0, 'at', now)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', '(' .. high_water_mark, 'LIMIT', 0, limit)) do
  issue_lost(id)
end

-- No later dispatch shows that the last one of a queue is lost; that the queue is empty does.
if is_idle then
  for _, id in ipairs(redis.call('ZRANGE', due, 0, limit - 1)) do
    if now - redis.call('HGET', run_key(id), 'dispatched_ms') >= grace_ms then issue_lost(id) end
  end
end
if reclaimed > 0 then count('fluxagents_leases_reclaimed_total|' .. queue, reclaimed) end
if #issued > reclaimed then count('fluxagents_dispatches_repaired_total|' .. queue, #issued - reclaimed) end
return issued
