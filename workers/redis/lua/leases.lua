-- Shared part of claim and find_lost_dispatches: who may own a lease. Adds to `node:<node>`.

local function process_of(owner)
  local node, pid = string.match(owner, '^(.*)|([^|]*)$')
  return node and prefix .. 'node:' .. node, pid
end

-- A process that was just forked may claim before its node's next heartbeat names it.
local function add_process(owner)
  local node, pid = process_of(owner)
  if redis.call('HEXISTS', node, pid) == 0 and redis.call('EXISTS', node) == 1 then redis.call('HSET', node, pid, 1) end
end

local function is_lease_valid(owner, lease_until)
  -- No step may take so long; its process may be alive and stuck.
  if now_ms() > tonumber(lease_until) then return false end
  local node, pid = process_of(owner)
  return node and redis.call('HEXISTS', node, pid) == 1
end
