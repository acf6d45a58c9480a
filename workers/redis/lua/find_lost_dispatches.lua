-- Re-issues dispatches that were lost. ARGV: 1 queue, 2 idle, 3 grace ms, 4 most.
local queue, idle, grace, most = ARGV[1], ARGV[2] == '1', tonumber(ARGV[3]), tonumber(ARGV[4])
local now = now_ms()
local issued, done = {}, {}

local function reissue(id)
  if done[id] then return end
  done[id] = true
  local run = P .. 'run:' .. id
  local ticket = redis.call('INCR', P .. 'ticket:' .. queue)
  local attempt = redis.call('HINCRBY', run, 'attempt', 1)
  redis.call('HSET', run, 'ticket', ticket, 'dispatched_ms', now)
  redis.call('ZADD', P .. 'due:' .. queue, ticket, id)
  local is = redis.call('HMGET', run, 'seq', 'dispatch', 'state')
  issued[#issued + 1] = {id, is[1], ticket, attempt, is[2], is[3]}
end

for _, id in ipairs(redis.call('SMEMBERS', P .. 'leases')) do
  local run = P .. 'run:' .. id
  local is = redis.call('HMGET', run, 'owner', 'queue', 'lease_until')
  if is[2] == queue and is[1] and not alive(is[1], is[3]) then
    redis.call('HDEL', run, 'owner')
    redis.call('SREM', P .. 'leases', id)
    reissue(id)
  end
end

local mark = redis.call('HMGET', P .. 'mark:' .. queue, 'seen', 'at')
local passed = 0
if not mark[2] or now - mark[2] >= grace then
  passed = tonumber(mark[1] or 0)
  redis.call('HSET', P .. 'mark:' .. queue, 'seen', redis.call('GET', P .. 'seen:' .. queue) or 0, 'at', now)
end
local due = P .. 'due:' .. queue
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', '(' .. passed, 'LIMIT', 0, most)) do reissue(id) end
if idle then
  for _, id in ipairs(redis.call('ZRANGE', due, 0, most - 1)) do
    if now - redis.call('HGET', P .. 'run:' .. id, 'dispatched_ms') >= grace then reissue(id) end
  end
end
return issued
