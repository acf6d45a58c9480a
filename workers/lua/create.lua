-- A new run; -1 when it exists already.
if redis.call('EXISTS', run) == 1 then return -1 end
redis.call('ZADD', P .. 'runs', ARGV[9], id)
redis.call('ZADD', P .. 'session:' .. ARGV[10], ARGV[9], id)
return settle(nil, nil, false)
