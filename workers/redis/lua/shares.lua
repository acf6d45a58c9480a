-- Shared part of the scripts that let first steps wait and release them: whose turn it is. Owns `held:<queue>`,
-- `held:<queue>|<person>`, `held:<queue>|<person>|<session>`, `held-queues`, `turns`, and of a run the field `held`.
--
-- Each person, and each session of a person, has a virtual time: the work of its steps (ms) by its weight. Of those
-- that wait, the one with the least is next (start-time fair queueing, Goyal et al. 1996). Whoever comes begins at the
-- time of those who wait, less a credit, so that a short session need not wait for a long one.

local CREDIT_MS = 10000

-- First steps in a queue before any is held; it grows with the steps that run.
local MIN_ISSUED = 2

local function is_first_lane(queue)
  return string.sub(queue, -4) == '.new'
end

local function has_room(queue)
  return redis.call('ZCARD', prefix .. 'due:' .. queue) < math.max(MIN_ISSUED, redis.call('SCARD', prefix .. 'leases'))
end

local function turn_of(kind, name)
  return tonumber(redis.call('HGET', prefix .. 'turns', kind .. name) or 0)
end

-- Lets a person or a session wait in a list, unless it does.
local function join_list(list, kind, name)
  if redis.call('ZSCORE', list, name) then return end
  local first = redis.call('ZRANGE', list, 0, 0, 'WITHSCORES')[2]
  local floor = tonumber(first or redis.call('HGET', prefix .. 'turns', 'f|' .. list) or 0)
  local turn = math.max(turn_of(kind, name), floor - CREDIT_MS)
  redis.call('ZADD', list, turn, name)
  redis.call('HSET', prefix .. 'turns', kind .. name, turn)
end

local function hold(id, queue)
  local person, session = unpack(redis.call('HMGET', run_key(id), 'person', 'account'))
  local persons = prefix .. 'held:' .. queue
  local sessions = persons .. '|' .. (person or '')
  local runs = sessions .. '|' .. (session or '')
  redis.call('HSET', run_key(id), 'held', queue)
  redis.call('ZADD', runs, redis.call('HINCRBY', prefix .. 'turns', 'n', 1), id)
  join_list(persons, 'p|', person or '')
  join_list(sessions, 's|', session or '')
  redis.call('SADD', prefix .. 'held-queues', queue)
end

-- Takes the empty lists away.
local function leave_lists(queue, person, session)
  local persons = prefix .. 'held:' .. queue
  local sessions = persons .. '|' .. person
  if redis.call('EXISTS', sessions .. '|' .. session) == 0 then redis.call('ZREM', sessions, session) end
  if redis.call('EXISTS', sessions) == 0 then redis.call('ZREM', persons, person) end
  if redis.call('EXISTS', persons) == 0 then redis.call('SREM', prefix .. 'held-queues', queue) end
end

-- Forgets that a run waits for its turn: it was cancelled or paused.
local function let_go(id)
  local queue, person, session = unpack(redis.call('HMGET', run_key(id), 'held', 'person', 'account'))
  if not queue then return end
  redis.call('HDEL', run_key(id), 'held')
  redis.call('ZREM', prefix .. 'held:' .. queue .. '|' .. (person or '') .. '|' .. (session or ''), id)
  leave_lists(queue, person or '', session or '')
end

-- Whoever waits in a list with the least virtual time; times that grew since are corrected when they come first.
local function find_first(list, kind)
  while true do
    local name, score = unpack(redis.call('ZRANGE', list, 0, 0, 'WITHSCORES'))
    if not name then return nil end
    local turn = turn_of(kind, name)
    if turn <= tonumber(score) then
      redis.call('HSET', prefix .. 'turns', 'f|' .. list, score)
      -- Equals take turns.
      redis.call('HINCRBYFLOAT', prefix .. 'turns', kind .. name, 1)
      return name
    end
    redis.call('ZADD', list, turn, name)
  end
end

-- Issues the first steps of a queue whose turn it is, as far as there is room; returns as `issue_again` does.
local function release(queue, limit)
  local persons, released = prefix .. 'held:' .. queue, {}
  while #released < limit and has_room(queue) do
    local person = find_first(persons, 'p|')
    if not person then break end
    local session = find_first(persons .. '|' .. person, 's|')
    local id = redis.call('ZPOPMIN', persons .. '|' .. person .. '|' .. session)[1]
    leave_lists(queue, person, session)
    redis.call('HDEL', run_key(id), 'held')
    released[#released + 1] = resume(id)
  end
  return released
end

-- Adds the work of a step to the virtual times of its session and person. While nobody waits, none counts.
local function take_turn(person, session, work_ms)
  if redis.call('EXISTS', prefix .. 'held-queues') == 0 then return end
  local function advance(kind, name, limits)
    local weight = tonumber(redis.call('HGET', prefix .. limits .. name, 'weight') or 1)
    redis.call('HINCRBYFLOAT', prefix .. 'turns', kind .. name, math.max(work_ms, 1) / weight)
  end
  advance('p|', person, 'person-quota:')
  advance('s|', session, 'session-limits:')
end
