-- Shared part of wake and commit: issues the dispatch of a run that slept, whatever it still waits for.
local function rouse(id)
  local run = KEYS[1] .. 'run:' .. id
  local queue = redis.call('HGET', run, 'sleeping')
  local t = redis.call('TIME')
  local ticket = redis.call('INCR', KEYS[1] .. 'ticket:' .. queue)
  local attempt = redis.call('HINCRBY', run, 'attempt', 1)
  redis.call('HSET', run, 'queue', queue, 'ticket', ticket, 'dispatched_ms', t[1] * 1000 + math.floor(t[2] / 1000))
  redis.call('HDEL', run, 'sleeping')
  redis.call('ZREM', KEYS[1] .. 'timers', id)
  redis.call('UNLINK', run .. ':open')
  redis.call('ZADD', KEYS[1] .. 'due:' .. queue, ticket, id)
  local is = redis.call('HMGET', run, 'seq', 'dispatch', 'state')
  return {id, is[1], ticket, attempt, is[2], is[3]}
end
