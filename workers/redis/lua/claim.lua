-- The lease of a step. ARGV: 1 run, 2 seq, 3 digest, 4 ticket, 5 owner, 6 cap,
-- 7 lease ms, 8 nonce: the same claim asked twice, after a reply was lost, is answered twice.
local id = ARGV[1]
local run = P .. 'run:' .. id
local is = redis.call('HMGET', run, 'seq', 'digest', 'owner', 'queue', 'lease_until', 'nonce', 'fence')
if not is[1] then return {'unknown'} end
if is[1] ~= ARGV[2] then return {'stale'} end
if not is[4] then return {'not_runnable'} end
if ARGV[3] ~= '' and is[2] ~= ARGV[3] then return {'digest_mismatch'} end
local ticket = tonumber(ARGV[4])
local issued = tonumber(redis.call('GET', P .. 'ticket:' .. is[4]))
if ticket <= issued and ticket > tonumber(redis.call('GET', P .. 'seen:' .. is[4]) or 0) then
  redis.call('SET', P .. 'seen:' .. is[4], ticket)
end
local function state() return ARGV[3] == '' and redis.call('HGET', run, 'state') or '' end
if is[3] and is[6] == ARGV[8] then
  local was = redis.call('HMGET', run, 'deliveries', 'last_error')
  return {tonumber(was[1]) > tonumber(ARGV[6]) and 'exhausted' or 'ok', tonumber(is[7]), state(), was[2] or ''}
end
if is[3] and alive(is[3], is[5]) then return {'leased'} end
local node, pid = string.match(ARGV[5], '^(.*)|([^|]*)$')
-- A process that was just forked may come before its node's next heartbeat.
if redis.call('EXISTS', P .. 'node:' .. node) == 1 then redis.call('HSET', P .. 'node:' .. node, pid, 1) end
local fence = redis.call('HINCRBY', run, 'fence', 1)
local deliveries = redis.call('HINCRBY', run, 'deliveries', 1)
redis.call('HSET', run, 'owner', ARGV[5], 'lease_until', now_ms() + ARGV[7], 'nonce', ARGV[8])
redis.call('SADD', P .. 'leases', id)
redis.call('ZREM', P .. 'due:' .. is[4], id)
local answer = deliveries > tonumber(ARGV[6]) and 'exhausted' or 'ok'
return {answer, fence, state(), redis.call('HGET', run, 'last_error') or ''}
