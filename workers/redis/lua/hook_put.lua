-- Keeps a delivery and has its trigger looked at; of one whose id is known only the repetition is counted.
-- ARGV: 1 trigger, 2 id, 3 when it came in ms, 4 headers as JSON, 5 body, 6 how many are kept, 7 how many bytes, 8 how
-- many may be open, 9 for how long ids are known in ms, 10 how many ids are known.
-- Returns what was done (`kept`, `repeated` or `full`), and when the first one of the id came.
local id, came_ms, headers, body = unpack(ARGV, 2, 5)
local max_kept, max_bytes, max_open, remembered_ms, max_known =
  tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local delivery, known, listed, bytes = hook_key('delivery:' .. id), hook_key('known'), hook_key('listed'), hook_key('bytes')
local first_ms = redis.call('ZSCORE', known, id)
if first_ms then
  if redis.call('EXISTS', delivery) == 1 then redis.call('HINCRBY', delivery, 'repeats', 1) end
  return {'repeated', first_ms}
end
local open = redis.call('ZCARD', hook_key('new')) + redis.call('ZCARD', hook_key('waiting'))
if open >= max_open then return {'full', came_ms} end
redis.call('HSET', delivery, 'came_ms', came_ms, 'headers', headers, 'body', body, 'status', 'new')
redis.call('ZADD', listed, came_ms, id)
redis.call('ZADD', known, came_ms, id)
redis.call('ZADD', hook_key('new'), came_ms, id)
look_at(came_ms)
redis.call('ZREMRANGEBYSCORE', known, '-inf', '(' .. (came_ms - remembered_ms))
redis.call('ZREMRANGEBYRANK', known, 0, -max_known - 1)
local kept, size = redis.call('ZCARD', listed), redis.call('INCRBY', bytes, #body)
-- The oldest go first; what has not started its run stays whatever it takes.
for _, old in ipairs((kept > max_kept or size > max_bytes) and redis.call('ZRANGE', listed, 0, max_open) or {}) do
  if kept <= max_kept and size <= max_bytes then break end
  local its_key = hook_key('delivery:' .. old)
  local status = redis.call('HGET', its_key, 'status')
  if status ~= 'new' and status ~= 'waiting' then
    size = redis.call('DECRBY', bytes, redis.call('HSTRLEN', its_key, 'body'))
    kept = kept - redis.call('ZREM', listed, old)
    redis.call('UNLINK', its_key)
  end
end
return {'kept', came_ms}
