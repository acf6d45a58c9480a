-- Lets a listener go past what it has read, and removes what all have gone past.
--
-- KEYS: 1 the feed (a stream), 2 where each listener stands (a hash).
-- ARGV: 1 listener, 2 where it stood, 3 where it stands now.
-- Returns 1, or 0 if it stood elsewhere.
local feed, cursors = KEYS[1], KEYS[2]
local listener, before, after = unpack(ARGV)
if redis.call('HGET', cursors, listener) ~= before then return 0 end
redis.call('HSET', cursors, listener, after)

local function read_id(id)
  local ms, number = string.match(id, '^(%d+)%-(%d+)$')
  return tonumber(ms), tonumber(number)
end

local least_ms, least_number
for _, id in ipairs(redis.call('HVALS', cursors)) do
  local ms, number = read_id(id)
  if not least_ms or ms < least_ms or (ms == least_ms and number < least_number) then
    least_ms, least_number = ms, number
  end
end
redis.call('XTRIM', feed, 'MINID', string.format('%d-%d', least_ms, least_number + 1))
return 1
