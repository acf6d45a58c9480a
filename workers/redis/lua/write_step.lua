-- Shared part of create and commit: writes what a step led to. Owns the state of a run and its events, and the
-- indexes `runs`, `session:<name>`, `status:<status>`, `requests`, `request-marks`, `timers`, `:open` and
-- `:followers`; adds to `feed` and `live`.
--
-- A step is a table of the JSON document in ARGV[1]; an absent field is nil.
--   run seq status digest started_ms session
--   parent           the run that began it, if one did
--   kinds            of its events, where some are of a kind that others may listen to
--   account          of a new run that no other began: the session that pays for it, if it has one
--   requester        of a new run that no other began: who wanted it, if that is known
--   starts           whether it is a start that limits hold for, and none that is taken over from elsewhere
--   counts           what it adds to the metrics, by series
--   exemplars        of a run that is traced: its trace for each bucket that it is counted in
--   usage            what the step used, by name, if a worker carried it out
--   traced_ms        of a run that is traced: how long a worker held the lease of the step, -1 if none did
--   state events     texts: numbers of arguments, since large JSON inside JSON would cost Redis a second reading
--   request          text: the request to a human that the run waits for; `request_mark` is its kind, level and the
--                    time (ms) after which it is overdue, 0 for none, with `|` between
--   record           text: the act of a person that led to it; `content` is its sha256
--   dispatch         what follows: `queue`, `text`, `not_before_ms` (0 for at once), `after` (runs to wait for)

-- Notes which of the other runs have not ended yet; whether there are any.
local function wait_for(id, others)
  local run = run_key(id)
  for _, other in ipairs(others) do
    local status = redis.call('HGET', run_key(other), 'status')
    if status and not TERMINAL[status] then
      redis.call('SADD', run .. ':open', other)
      redis.call('SADD', run_key(other) .. ':followers', id)
    end
  end
  return redis.call('EXISTS', run .. ':open') == 1
end

local function append_events(run, events)
  -- A fork or an import writes a whole history, and Lua unpacks some thousand values at most.
  local length
  for first = 1, #events, 1000 do
    local texts = {}
    for at = first, math.min(first + 999, #events) do texts[#texts + 1] = ARGV[events[at]] end
    length = redis.call('RPUSH', run .. ':events', unpack(texts))
  end
  return length
end

-- Tells those who listen where the events are: see `RedisEventFeed` in Python.
local function tell_listeners(step, length)
  for _, kind in ipairs(step.kinds) do
    if redis.call('SISMEMBER', prefix .. 'listened', kind) == 1 then
      redis.call('XADD', prefix .. 'feed', '*', 'run', step.run, 'first', length - #step.events, 'count', #step.events)
      return
    end
  end
end

local LIVE_LENGTH = 50000

-- Tells whoever watches now where the events are: see `RedisLiveEvents` in Python, and `RedisTracedSteps`.
local function tell_watchers(step, length)
  local fields = {'run', step.run, 'session', step.session, 'first', length - #step.events, 'count', #step.events}
  if step.traced_ms then
    local owner, deliveries = unpack(redis.call('HMGET', run_key(step.run), 'owner', 'deliveries'))
    for _, field in ipairs({'traced_ms', step.traced_ms, 'owner', owner or '', 'deliveries', deliveries or 0}) do
      fields[#fields + 1] = field
    end
  end
  redis.call('XADD', prefix .. 'live', 'MAXLEN', '~', LIVE_LENGTH, '*', unpack(fields))
end

-- `old` holds the status, queue, request and `sleeping` of the run before; it is empty for a new run. Returns the
-- sequence number of the dispatch that must be published now, else 0.
local function write_step(step, old)
  local id, run = step.run, run_key(step.run)
  local length = append_events(run, step.events)
  if step.kinds then tell_listeners(step, length) end
  if step.counts then count_all(step.counts) end
  if step.exemplars then keep_exemplars(step.exemplars) end
  tell_watchers(step, length)
  if step.record then append_act(ARGV[step.record], step.content) end
  if step.status ~= old.status then
    if old.status then redis.call('ZREM', prefix .. 'status:' .. old.status, id) end
    redis.call('ZADD', prefix .. 'status:' .. step.status, step.started_ms, id)
    if old.status and TERMINAL[old.status] ~= TERMINAL[step.status] then count_open(id, TERMINAL[step.status]) end
  end
  if step.request then
    redis.call('HSET', run, 'request', ARGV[step.request])
    -- The time of the first one: further votes do not put a request behind others.
    redis.call('ZADD', prefix .. 'requests', 'NX', now_ms(), id)
    redis.call('HSET', prefix .. 'request-marks', id, step.request_mark)
  elseif old.request then
    redis.call('HDEL', run, 'request')
    redis.call('ZREM', prefix .. 'requests', id)
    redis.call('HDEL', prefix .. 'request-marks', id)
  end
  -- An external event, such as a cancellation, may come while the run sleeps.
  if old.sleeping then
    let_go(id)
    redis.call('ZREM', prefix .. 'timers', id)
    redis.call('UNLINK', run .. ':open')
  end
  local dispatch = step.dispatch
  if old.queue and not (dispatch and dispatch.queue == old.queue) then
    redis.call('ZREM', prefix .. 'due:' .. old.queue, id)
  end
  local fields = {'seq', step.seq + 1, 'state', ARGV[step.state], 'digest', step.digest, 'status', step.status,
    'deliveries', 0}
  if old.status then redis.call('HDEL', run, 'owner', 'pause_by', 'last_error', 'sleeping') end
  if not dispatch then
    redis.call('HSET', run, unpack(fields))
    redis.call('HDEL', run, 'queue', 'dispatch', 'ticket', 'attempt', 'dispatched_ms')
    return 0
  end
  local has_others, is_timed = #dispatch.after > 0, dispatch.not_before_ms > 0
  local is_later = is_timed and dispatch.not_before_ms > now_ms()
  -- A time that has passed ends the wait for other runs as well.
  local has_open = has_others and (is_later or not is_timed) and wait_for(id, dispatch.after)
  if has_open or (is_later and not has_others) then
    redis.call('HSET', run, 'sleeping', dispatch.queue, 'dispatch', ARGV[dispatch.text], 'attempt', 0, unpack(fields))
    redis.call('HDEL', run, 'queue', 'ticket', 'dispatched_ms')
    if is_later then redis.call('ZADD', prefix .. 'timers', dispatch.not_before_ms, id) end
    return 0
  end
  if is_first_lane(dispatch.queue) and
      (redis.call('EXISTS', prefix .. 'held:' .. dispatch.queue) == 1 or not has_room(dispatch.queue)) then
    redis.call('HSET', run, 'sleeping', dispatch.queue, 'dispatch', ARGV[dispatch.text], 'attempt', 0, unpack(fields))
    redis.call('HDEL', run, 'queue', 'ticket', 'dispatched_ms')
    redis.call('ZREM', prefix .. 'due:' .. dispatch.queue, id)
    hold(id, dispatch.queue)
    return 0
  end
  return issue(id, dispatch.queue, 1, 'dispatch', ARGV[dispatch.text], unpack(fields))
end

-- A new run; -1 when it exists already, -2 when another run has a name that takes one of its keys. Early versions
-- took such names; what is written half is never seen whole. A start that is not allowed returns why: what, used
-- and allowed.
local function create(step)
  local run = run_key(step.run)
  if redis.call('EXISTS', run) == 1 then return -1 end
  if redis.call('EXISTS', run .. ':events', run .. ':open', run .. ':followers') > 0 then return -2 end
  if step.starts then
    local refusal = refuse_start(step)
    if refusal then return refusal end
    count_start(step)
  end
  local account, person = step.account, step.requester
  if step.parent then account, person = unpack(redis.call('HMGET', run_key(step.parent), 'account', 'person')) end
  if account then redis.call('HSET', run, 'account', account) end
  if person then redis.call('HSET', run, 'person', person) end
  if step.starts and step.requester then redis.call('HSET', run, 'requester', step.requester) end
  if step.account then list_session(step) end
  -- A run that another one began is listed with its session only.
  if not step.parent then redis.call('ZADD', prefix .. 'runs', step.started_ms, step.run) end
  redis.call('ZADD', prefix .. 'session:' .. step.session, step.started_ms, step.run)
  return write_step(step, {})
end
