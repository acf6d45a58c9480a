-- Keeps a session and what limits it. Owns `session-records` and `session-limits:<name>`; moves it between the lists
-- `sessions:<status>`. ARGV: 1 a JSON document:
--   name status active_ms
--   record       the session as JSON
--   limits       amounts by name, and `status` unless it is open
--   is_new       whether nobody may have made one of this name
-- Returns 1, or 0 when somebody has.
local asked = cjson.decode(ARGV[1])
local records = prefix .. 'session-records'
if asked.is_new and redis.call('HEXISTS', records, asked.name) == 1 then return 0 end
redis.call('HSET', records, asked.name, asked.record)
local limits = prefix .. 'session-limits:' .. asked.name
redis.call('DEL', limits)
for name, value in pairs(asked.limits) do redis.call('HSET', limits, name, value) end
local active_ms = asked.active_ms
for _, status in ipairs({'open', 'closed', 'archived'}) do
  local list = prefix .. 'sessions:' .. status
  active_ms = math.max(active_ms, tonumber(redis.call('ZSCORE', list, asked.name) or 0))
  if status ~= asked.status then redis.call('ZREM', list, asked.name) end
end
redis.call('ZADD', prefix .. 'sessions:' .. asked.status, active_ms, asked.name)
return 1
