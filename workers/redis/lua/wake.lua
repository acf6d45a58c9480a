-- Issues dispatches whose time has come. ARGV: 1 most.
local timers = KEYS[1] .. 'timers'
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local issued = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', timers, '-inf', now, 'LIMIT', 0, ARGV[1])) do
  issued[#issued + 1] = rouse(id)
end
return issued
