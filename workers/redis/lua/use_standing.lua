-- Counts a use of a standing approval. Owns the sorted set `standing-uses:<id>`: requests by when they used it.
-- ARGV: 1 id, 2 request, 3 now in ms, 4 until when it counts, 5 how often at most.
-- Returns 1 if the use counts, also if it was counted before; else 0.
local uses = prefix .. 'standing-uses:' .. ARGV[1]
if redis.call('ZSCORE', uses, ARGV[2]) then return 1 end
if redis.call('HEXISTS', prefix .. 'standing-revoked', ARGV[1]) == 1 then return 0 end
if tonumber(ARGV[3]) >= tonumber(ARGV[4]) then return 0 end
if redis.call('ZCARD', uses) >= tonumber(ARGV[5]) then return 0 end
redis.call('ZADD', uses, ARGV[3], ARGV[2])
return 1
