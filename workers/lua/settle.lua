-- Shared part of create and commit: writes what a step led to.
-- KEYS[1] prefix. ARGV: 1 run, 2 seq, 3 state, 4 digest, 5 status, 6 request, 7 queue, 8 dispatch,
-- 9 started ms, 10 session, 11 fence, 12 pausing, 13 not before ms, 14… events.
local P = KEYS[1]
local id, seq = ARGV[1], ARGV[2]
local run = P .. 'run:' .. id

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function settle(old_status, old_queue, was_asking)
  local status, request, queue, dispatch = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
  redis.call('RPUSH', run .. ':events', unpack(ARGV, 14))
  if status ~= old_status then
    if old_status then redis.call('ZREM', P .. 'status:' .. old_status, id) end
    redis.call('ZADD', P .. 'status:' .. status, ARGV[9], id)
  end
  if request ~= '' then
    redis.call('HSET', run, 'request', request)
    redis.call('ZADD', P .. 'requests', 'NX', now_ms(), id)
  elseif was_asking then
    redis.call('HDEL', run, 'request')
    redis.call('ZREM', P .. 'requests', id)
  end
  if redis.call('HDEL', run, 'sleeping') == 1 then redis.call('ZREM', P .. 'timers', id) end
  if old_queue and old_queue ~= queue then redis.call('ZREM', P .. 'due:' .. old_queue, id) end
  if queue == '' then
    redis.call('HSET', run, 'seq', seq + 1, 'state', ARGV[3], 'digest', ARGV[4], 'status', status, 'deliveries', 0)
    redis.call('HDEL', run, 'owner', 'pause_by', 'last_error', 'queue', 'dispatch', 'ticket', 'attempt', 'dispatched_ms')
    return 0
  end
  if tonumber(ARGV[13]) > now_ms() then
    redis.call('HSET', run, 'seq', seq + 1, 'state', ARGV[3], 'digest', ARGV[4], 'status', status, 'deliveries', 0,
      'sleeping', queue, 'dispatch', dispatch, 'attempt', 0)
    redis.call('HDEL', run, 'owner', 'pause_by', 'last_error', 'queue', 'ticket', 'dispatched_ms')
    redis.call('ZADD', P .. 'timers', ARGV[13], id)
    return 0
  end
  local ticket = redis.call('INCR', P .. 'ticket:' .. queue)
  redis.call('HSET', run, 'seq', seq + 1, 'state', ARGV[3], 'digest', ARGV[4], 'status', status, 'deliveries', 0,
    'queue', queue, 'dispatch', dispatch, 'ticket', ticket, 'attempt', 1, 'dispatched_ms', now_ms())
  redis.call('HDEL', run, 'owner', 'pause_by', 'last_error')
  redis.call('ZADD', P .. 'due:' .. queue, ticket, id)
  return ticket
end
