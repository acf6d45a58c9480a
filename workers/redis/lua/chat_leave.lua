-- Sets what a sent request took in truth, if it still counts. KEYS as in chat_enter; ARGV: 1 ticket, 2 tokens.
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then redis.call('HSET', KEYS[4], 's:' .. ARGV[1], ARGV[2]) end
