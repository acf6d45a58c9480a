-- Shared part of claim and find_lost_dispatches. Reads `node:<node>`.

local function is_lease_valid(owner, lease_until)
  -- No step may take so long; its process may be alive and stuck.
  if now_ms() > tonumber(lease_until) then return false end
  local node, pid = string.match(owner, '^(.*)|([^|]*)$')
  return node and redis.call('HEXISTS', prefix .. 'node:' .. node, pid) == 1
end
