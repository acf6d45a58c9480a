-- Sets what a sent request took in truth, if it still counts. KEYS as in chat_enter; ARGV: 1 ticket, 2 tokens.
local entry = 's:' .. ARGV[1]
if redis.call('ZSCORE', KEYS[1], entry) then redis.call('HSET', KEYS[2], entry, ARGV[2]) end
