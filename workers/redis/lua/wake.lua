-- Issues the dispatches whose time has come, and first steps whose turn it is where a claim was lost or a run left its
-- place. Takes from `timers`. ARGV: 1 limit. Returns as `issue_again` does.
local issued = {}
local now = now_ms()
local due = redis.call('ZRANGEBYSCORE', prefix .. 'timers', '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
for at = 1, #due, 2 do
  observe_wait('fluxagents_timer_delay_seconds', now - due[at + 1])
  issued[#issued + 1] = resume(due[at])
end
for _, queue in ipairs(redis.call('SMEMBERS', prefix .. 'held-queues')) do
  for _, row in ipairs(release(queue, ARGV[1] - #issued)) do issued[#issued + 1] = row end
end
return issued
