-- Writes down what came of a delivery; `waiting` only of one that is new.
-- ARGV: 1 trigger, 2 occurrence, 3 id of the delivery, 4 status, 5 run, 6 note.
local occurrence, id, status, run_id, note = unpack(ARGV, 2, 6)
local new, waiting, delivery = hook_key('new'), hook_key('waiting'), hook_key('delivery:' .. id)
if status == 'waiting' then
  local at_ms = redis.call('ZSCORE', new, occurrence)
  if not at_ms then return end
  redis.call('ZADD', waiting, at_ms, occurrence)
else
  redis.call('ZREM', waiting, occurrence)
end
redis.call('ZREM', new, occurrence)
if redis.call('EXISTS', delivery) == 0 then return end
redis.call('HSET', delivery, 'status', status, 'note', note)
if run_id ~= '' then redis.call('HSET', delivery, 'run_id', run_id) end
