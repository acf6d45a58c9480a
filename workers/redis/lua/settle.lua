-- Shared part of create and commit: writes what a step led to. KEYS[1] prefix.
-- ARGV holds one block for the run, in a commit followed by one for each run that it starts: 1 run, 2 seq,
-- 3 state, 4 digest, 5 status, 6 request, 7 queue, 8 dispatch, 9 started ms, 10 session, 11 fence, 12 pausing,
-- 13 not before ms, 14 parent, 15 runs to wait for (JSON list or empty), 16 number of events, then the events.
local P = KEYS[1]
local RESTS = {finished = true, failed = true, cancelled = true, dead = true}

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Keeps in `<run>:open` those that have not come to rest, and in their `:followers` the run; whether there are any.
local function awaits(id, run, others)
  for _, other in ipairs(cjson.decode(others)) do
    local status = redis.call('HGET', P .. 'run:' .. other, 'status')
    if status and not RESTS[status] then
      redis.call('SADD', run .. ':open', other)
      redis.call('SADD', P .. 'run:' .. other .. ':followers', id)
    end
  end
  return redis.call('EXISTS', run .. ':open') == 1
end

local function settle(at, old_status, old_queue, was_asking)
  local id, seq, run = ARGV[at + 1], ARGV[at + 2], P .. 'run:' .. ARGV[at + 1]
  local status, request, queue, dispatch = ARGV[at + 5], ARGV[at + 6], ARGV[at + 7], ARGV[at + 8]
  local last = at + 16 + ARGV[at + 16]
  -- A fork or an import writes a whole history; Lua unpacks some thousand values at most.
  for first = at + 17, last, 1000 do
    redis.call('RPUSH', run .. ':events', unpack(ARGV, first, math.min(first + 999, last)))
  end
  if status ~= old_status then
    if old_status then redis.call('ZREM', P .. 'status:' .. old_status, id) end
    redis.call('ZADD', P .. 'status:' .. status, ARGV[at + 9], id)
  end
  if request ~= '' then
    redis.call('HSET', run, 'request', request)
    redis.call('ZADD', P .. 'requests', 'NX', now_ms(), id)
  elseif was_asking then
    redis.call('HDEL', run, 'request')
    redis.call('ZREM', P .. 'requests', id)
  end
  if redis.call('HDEL', run, 'sleeping') == 1 then
    redis.call('ZREM', P .. 'timers', id)
    redis.call('UNLINK', run .. ':open')
  end
  if old_queue and old_queue ~= queue then redis.call('ZREM', P .. 'due:' .. old_queue, id) end
  local common = {'seq', seq + 1, 'state', ARGV[at + 3], 'digest', ARGV[at + 4], 'status', status, 'deliveries', 0}
  if queue == '' then
    redis.call('HSET', run, unpack(common))
    redis.call('HDEL', run, 'owner', 'pause_by', 'last_error', 'queue', 'dispatch', 'ticket', 'attempt', 'dispatched_ms')
    return 0
  end
  local until_ms = tonumber(ARGV[at + 13])
  local later = until_ms > now_ms()
  local waits = ARGV[at + 15] ~= '' and (later or until_ms == 0) and awaits(id, run, ARGV[at + 15])
  -- A run that waits for others, at most until then, goes on when all have come to rest already.
  later = later and (waits or ARGV[at + 15] == '')
  if later or waits then
    redis.call('HSET', run, 'sleeping', queue, 'dispatch', dispatch, 'attempt', 0, unpack(common))
    redis.call('HDEL', run, 'owner', 'pause_by', 'last_error', 'queue', 'ticket', 'dispatched_ms')
    if later then redis.call('ZADD', P .. 'timers', ARGV[at + 13], id) end
    return 0
  end
  local ticket = redis.call('INCR', P .. 'ticket:' .. queue)
  redis.call('HSET', run, 'queue', queue, 'dispatch', dispatch, 'ticket', ticket, 'attempt', 1, 'dispatched_ms',
    now_ms(), unpack(common))
  redis.call('HDEL', run, 'owner', 'pause_by', 'last_error')
  redis.call('ZADD', P .. 'due:' .. queue, ticket, id)
  return ticket
end

-- A new run; -1 when it exists already.
local function create(at)
  local id = ARGV[at + 1]
  if redis.call('EXISTS', P .. 'run:' .. id) == 1 then return -1 end
  if ARGV[at + 14] == '' then redis.call('ZADD', P .. 'runs', ARGV[at + 9], id) end
  redis.call('ZADD', P .. 'session:' .. ARGV[at + 10], ARGV[at + 9], id)
  return settle(at, nil, nil, false)
end
