-- Shared part of the scripts of an outbox: the names of its keys. KEYS[2] is its family: `webhook`, `channel`.
--
-- Beneath the prefix, and which script writes it:
--   <family>s                    hash of receivers by name as JSON: RedisOutbox, outbox_settle
--   <family>:<name>:<id>         hash of a message
--     type body created_ms status attempts settled next_ms last receipt    outbox_put, outbox_claim, outbox_settle
--   <family>:<name>:messages     sorted set of the ids that are kept, by when they were put: outbox_put
--   <family>:<name>:due          sorted set of the ids of pending messages by their next attempt: all of them
--   <family>:<name>:flying       sorted set of the ids that are under way, by the end of their lease
--   <family>:<name>:attempts     list of attempts as JSON, the newest first: outbox_settle
-- Ids begin with `msg_`, so that no message takes the place of one of the others.

local family = KEYS[2]
local endpoints = prefix .. family .. 's'

local function message_key(name, part)
  return prefix .. family .. ':' .. name .. ':' .. part
end
