-- Lets the oldest entries of the audit log go, which the archive has. ARGV: 1 the number of the last one that had left
-- before, 2 the number of the last one that leaves. Returns 1, or 0 if others have left meanwhile.
local head = prefix .. 'audit-head'
if (redis.call('HGET', head, 'sealed') or '0') ~= ARGV[1] then return 0 end
redis.call('LTRIM', prefix .. 'audit', ARGV[2] - ARGV[1], -1)
redis.call('HSET', head, 'sealed', ARGV[2])
return 1
