-- Shared part of claim and find_lost_dispatches: whether a lease still holds: its owner
-- lives, and it is not older than any step may take.
local P = KEYS[1]

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function alive(owner, lease_until)
  if now_ms() > tonumber(lease_until) then return false end
  local node, pid = string.match(owner, '^(.*)|([^|]*)$')
  return node and redis.call('HEXISTS', P .. 'node:' .. node, pid) == 1
end
