-- Sets what a sent request took in truth, if it still counts. Writes `cost`; KEYS as in chat_enter.
-- ARGV: 1 request, 2 tokens.
local sent, cost = KEYS[1], KEYS[4]
if redis.call('ZSCORE', sent, ARGV[1]) then redis.call('HSET', cost, 's:' .. ARGV[1], ARGV[2]) end
