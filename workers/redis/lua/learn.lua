-- Count what a run has taught, once.
-- KEYS: the mark of the run, the index of errors, one hash per lesson.
-- ARGV: time to live of the mark and of an error in s, now in ms, then per lesson a JSON document.
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then
  return 0
end
local kept_s, now = tonumber(ARGV[2]), tonumber(ARGV[3])
for at = 3, #KEYS do
  local key, lesson = KEYS[at], cjson.decode(ARGV[at + 1])
  redis.call('HSET', key, 'kind', lesson.kind, 'where', lesson.where, 'message', lesson.message, 'last_ms', ARGV[3])
  for name, count in pairs(lesson.counts) do
    redis.call('HINCRBY', key, name, count)
  end
  redis.call('EXPIRE', key, kept_s)
  redis.call('ZADD', KEYS[2], now, lesson.fingerprint)
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - kept_s * 1000)
return 1
