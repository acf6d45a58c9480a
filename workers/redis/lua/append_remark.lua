-- Writes a remark on a run, the act in the audit log, and what finds the remark again. Owns
--   remarks:<run>       list of the remarks on a run as JSON, the oldest first; it stays when the run leaves Redis
--   mentions:<name>     stream of the newest comments that mention a person, or a group as `group:<name>`: `run`, `number`
--   watched:<person>    set of the runs that a person watches
-- and adds to `live`. ARGV: 1 a JSON document, 2 the remark as JSON without its first brace, number and time, 3 the act
-- as JSON. The document: `run`, `session`, `after` (how many remarks there must be), `content` (the sha256 of the act),
-- `mentions` (names), and of a watch `watcher` and `is_on`. Returns {number, time in ms}, or nothing if there are others.
local MENTIONS_KEPT = 1000
local LIVE_LENGTH = 50000
local step = cjson.decode(ARGV[1])
local key = prefix .. 'remarks:' .. step.run
if redis.call('LLEN', key) ~= step.after then return false end
local number, at_ms = string.format('%.0f', step.after + 1), string.format('%.0f', now_ms())
redis.call('RPUSH', key, '{"number":' .. number .. ',"at_ms":' .. at_ms .. ',' .. ARGV[2])
append_act(ARGV[3], step.content)
for _, name in ipairs(step.mentions or {}) do
  redis.call('XADD', prefix .. 'mentions:' .. name, 'MAXLEN', '~', MENTIONS_KEPT, '*', 'run', step.run, 'number', number)
end
if step.watcher then
  redis.call(step.is_on and 'SADD' or 'SREM', prefix .. 'watched:' .. step.watcher, step.run)
end
-- Readers of an early version take the entry for events of which there are none.
redis.call('XADD', prefix .. 'live', 'MAXLEN', '~', LIVE_LENGTH, '*', 'run', step.run, 'session', step.session,
  'first', 1, 'count', 0, 'remark', number)
return {number, at_ms}
