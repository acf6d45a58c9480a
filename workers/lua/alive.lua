-- Shared part of claim and overdue: whether the process that owns a lease lives.
local P = KEYS[1]

local function alive(owner)
  local node, pid = string.match(owner, '^(.*)|([^|]*)$')
  return node and redis.call('HEXISTS', P .. 'node:' .. node, pid) == 1
end

local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
