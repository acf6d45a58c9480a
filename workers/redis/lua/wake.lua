-- Issues the dispatches whose time has come. Takes from `timers`. ARGV: 1 limit. Returns as `issue_again` does.
local issued = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'timers', '-inf', now_ms(), 'LIMIT', 0, ARGV[1])) do
  issued[#issued + 1] = resume(id)
end
return issued
