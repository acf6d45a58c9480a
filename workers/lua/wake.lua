-- Issues dispatches whose time has come. ARGV: 1 most.
local P = KEYS[1]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local issued = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'timers', '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local run = P .. 'run:' .. id
  local queue = redis.call('HGET', run, 'sleeping')
  redis.call('ZREM', P .. 'timers', id)
  local ticket = redis.call('INCR', P .. 'ticket:' .. queue)
  local attempt = redis.call('HINCRBY', run, 'attempt', 1)
  redis.call('HSET', run, 'queue', queue, 'ticket', ticket, 'dispatched_ms', now)
  redis.call('HDEL', run, 'sleeping')
  redis.call('ZADD', P .. 'due:' .. queue, ticket, id)
  local is = redis.call('HMGET', run, 'seq', 'dispatch', 'state')
  issued[#issued + 1] = {id, is[1], ticket, attempt, is[2], is[3]}
end
return issued
