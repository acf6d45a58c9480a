-- Shared part of the scripts of the webhook outbox: the names of its keys.
--
-- Beneath the prefix, and which script writes it:
--   webhooks                    hash of endpoints by name as JSON: RedisWebhookOutbox, webhook_settle
--   webhook:<name>:<id>         hash of a message
--     type body created_ms status attempts next_ms last        webhook_put, webhook_claim, webhook_settle
--   webhook:<name>:messages     sorted set of the ids that are kept, by when they were put: webhook_put
--   webhook:<name>:due          sorted set of the ids of pending messages by their next attempt: all of them
--   webhook:<name>:flying       sorted set of the ids that are under way, by the end of their lease
--   webhook:<name>:attempts     list of attempts as JSON, the newest first: webhook_settle
-- Ids begin with `msg_`, so that no message takes the place of one of the others.

local function webhook_key(name, part)
  return prefix .. 'webhook:' .. name .. ':' .. part
end
