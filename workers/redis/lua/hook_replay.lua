-- Lets a delivery start a run again. ARGV: 1 trigger, 2 id. Returns the id of the occurrence, or nothing if it is not kept.
local id = ARGV[2]
local delivery = hook_key('delivery:' .. id)
if redis.call('EXISTS', delivery) == 0 then return false end
local occurrence, now = id .. '#' .. redis.call('HINCRBY', delivery, 'replays', 1) + 1, now_ms()
redis.call('HSET', delivery, 'status', 'new', 'note', '')
redis.call('ZADD', hook_key('new'), now, occurrence)
look_at(now)
return occurrence
