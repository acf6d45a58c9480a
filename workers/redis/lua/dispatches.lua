-- Shared part of the scripts that issue dispatches. Owns `ticket:<queue>`, and of a run the fields `queue`,
-- `ticket`, `attempt` and `dispatched_ms`; adds to `due:<queue>`.

-- Gives a dispatch the next sequence number of its queue; under that it is due until a worker claims it. Further
-- fields of the run and their values are written in the same call.
local function issue(id, queue, attempt, ...)
  local sequence_number = redis.call('INCR', prefix .. 'ticket:' .. queue)
  redis.call('HSET', run_key(id), 'queue', queue, 'ticket', sequence_number, 'attempt', attempt,
    'dispatched_ms', now_ms(), ...)
  redis.call('ZADD', prefix .. 'due:' .. queue, sequence_number, id)
  return sequence_number
end

-- Issues the dispatch that a run holds; returns what `_read_outgoing` in Python reads.
local function issue_again(id, queue)
  local seq, dispatch, state, attempts = unpack(redis.call('HMGET', run_key(id), 'seq', 'dispatch', 'state', 'attempt'))
  local attempt = attempts + 1
  return {id, seq, issue(id, queue, attempt), attempt, dispatch, state}
end

-- Issues the dispatch of a sleeping run, whatever it still waits for.
local function resume(id)
  local run = run_key(id)
  local queue = redis.call('HGET', run, 'sleeping')
  redis.call('HDEL', run, 'sleeping')
  redis.call('ZREM', prefix .. 'timers', id)
  redis.call('UNLINK', run .. ':open')
  return issue_again(id, queue)
end
