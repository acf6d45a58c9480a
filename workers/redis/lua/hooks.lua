-- Shared part of the scripts of the delivery box: the names of its keys.
--
-- Beneath the prefix, and which script writes it:
--   hook-secrets                hash of the secrets of each trigger as JSON: RedisDeliveryBox
--   hook:<trigger>:delivery:<id>   hash of a delivery
--     came_ms headers body repeats                             hook_put
--     status run_id note replays                               hook_put, hook_settle, hook_replay
--   hook:<trigger>:new          sorted set of what no worker has taken, by when it came: all of them
--   hook:<trigger>:waiting      sorted set of what a worker has taken and not started: hook_settle
--   hook:<trigger>:listed       sorted set of the ids that are kept, by when they came: hook_put
--   hook:<trigger>:known        sorted set of the ids that are known, by when they came: hook_put
--   hook:<trigger>:bytes        how many bytes the bodies have that are kept: hook_put
-- A member of `new` and `waiting` is an id, or one with `#2` and so on where it was replayed; ids have no `#`.
local look = 'trigger:' .. ARGV[1]

local function hook_key(part)
  return prefix .. 'hook:' .. ARGV[1] .. ':' .. part
end

local function look_at(at_ms)
  redis.call('ZADD', prefix .. 'looks', at_ms, look)
end
