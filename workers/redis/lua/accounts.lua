-- Shared part of create, commit and claim: what sessions and persons may use, and what they have used.
-- Owns `session-usage:<name>`, `open-runs:<person>` and `started:<day>:<person>`; adds to `sessions:open`. Reads
-- `session-limits:<name>` and `person-quota:<person>`, which session_store.py writes.

local DAY_MS = 86400000

-- What steps use of a budget; runs are counted when they start.
local USED_BY_STEPS = {'tokens', 'cost_micros', 'work_ms'}

-- The first of these amounts of a session's budget that is used up: what, used and allowed; nil if none is.
local function find_excess(session, amounts)
  local limits = redis.call('HMGET', prefix .. 'session-limits:' .. session, unpack(amounts))
  for at, what in ipairs(amounts) do
    if limits[at] then
      local used = redis.call('HGET', prefix .. 'session-usage:' .. session, what) or 0
      if tonumber(used) >= tonumber(limits[at]) then return {what, tonumber(used), tonumber(limits[at])} end
    end
  end
end

local function started_key(person)
  return prefix .. 'started:' .. math.floor(now_ms() / DAY_MS) .. ':' .. person
end

-- Why a run may not start: what, used and allowed; nil if it may.
local function refuse_start(step)
  if step.account then
    local status = redis.call('HGET', prefix .. 'session-limits:' .. step.account, 'status')
    if status then return {status, 0, 0} end
    local excess = find_excess(step.account, {'runs', unpack(USED_BY_STEPS)})
    if excess then return excess end
  end
  if step.requester then
    local at_once, per_day = unpack(redis.call('HMGET', prefix .. 'person-quota:' .. step.requester,
      'runs_at_once', 'runs_per_day'))
    local open = at_once and redis.call('SCARD', prefix .. 'open-runs:' .. step.requester)
    if open and open >= tonumber(at_once) then return {'runs_at_once', open, tonumber(at_once)} end
    local started = per_day and tonumber(redis.call('GET', started_key(step.requester)) or 0)
    if started and started >= tonumber(per_day) then return {'runs_per_day', started, tonumber(per_day)} end
  end
end

local function count_start(step)
  if step.account then redis.call('HINCRBY', prefix .. 'session-usage:' .. step.account, 'runs', 1) end
  if step.requester then
    redis.call('SADD', prefix .. 'open-runs:' .. step.requester, step.run)
    redis.call('INCR', started_key(step.requester))
    redis.call('PEXPIRE', started_key(step.requester), 2 * DAY_MS)
  end
end

-- A session that only runs name is listed as well.
local function list_session(step)
  if redis.call('HEXISTS', prefix .. 'session-limits:' .. step.account, 'status') == 0 then
    redis.call('ZADD', prefix .. 'sessions:open', 'GT', step.started_ms, step.account)
  end
end

-- The runs of a person that have not ended, after one of them ended or goes on again.
local function count_open(id, is_terminal)
  local person = redis.call('HGET', run_key(id), 'requester')
  if person then redis.call(is_terminal and 'SREM' or 'SADD', prefix .. 'open-runs:' .. person, id) end
end

-- Adds what a step used to the usage of the session that pays for it.
local function charge(account, usage)
  local key = prefix .. 'session-usage:' .. account
  redis.call('HINCRBY', key, 'steps', 1)
  for what, amount in pairs(usage) do
    if amount > 0 then redis.call('HINCRBY', key, what, amount) end
  end
end
