-- Replaces the state of a schedule or a trigger, if it is still the one that was read.
--
-- KEYS: 1 the state, 2 its history (a list, the newest first), 3 when each name is looked at (a sorted set).
-- ARGV: 1 the name, 2 the state before, 3 whether there was one (1 or 0), 4 the new state, 5 when to look at it (Unix
-- time in ms; empty for never), 6 how many firings are remembered, then the firings as JSON, the oldest first.
-- Returns 1 if it was written, else 0.
local state, history, looks = KEYS[1], KEYS[2], KEYS[3]
local name, before, had_state, after, look_ms, kept = unpack(ARGV, 1, 6)
local now = redis.call('GET', state)
if (had_state == '1') ~= (now ~= false) or (now and now ~= before) then return 0 end
redis.call('SET', state, after)
for at = 7, #ARGV do redis.call('LPUSH', history, ARGV[at]) end
if #ARGV > 6 then redis.call('LTRIM', history, 0, kept - 1) end
if look_ms == '' then redis.call('ZREM', looks, name) else redis.call('ZADD', looks, look_ms, name) end
return 1
