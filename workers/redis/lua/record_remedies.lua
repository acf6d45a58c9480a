-- Counts once the errors of a run and what helped against them.
-- Owns (see remedy_book.py): KEYS[1] `learned:<run>`, that the run was counted; KEYS[2] `errors`, a sorted set of
-- fingerprints by their last time; the others `error:<fingerprint>`, a hash each, in the order of the documents.
-- ARGV: 1 how long a run is known to be counted in s, 2 how long an error is kept in s, 3 now in ms, then one JSON
-- document per error. Returns 1, or 0 if the run was counted before.
local counted_s, kept_s, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', counted_s) then return 0 end
for at = 3, #KEYS do
  local key, case = KEYS[at], cjson.decode(ARGV[at + 1])
  redis.call('HSET', key, 'kind', case.kind, 'where', case.where, 'message', case.message, 'last_ms', ARGV[3])
  for name, count in pairs(case.counts) do
    redis.call('HINCRBY', key, name, count)
  end
  redis.call('EXPIRE', key, kept_s)
  redis.call('ZADD', KEYS[2], now, case.fingerprint)
end
-- The hashes expire by themselves, their entries in the index do not.
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - kept_s * 1000)
return 1
