-- Takes messages whose time has come, in turn from each endpoint.
-- ARGV: 1 limit, 2 how many may be under way to one endpoint, 3 lease in ms, 4 whether only to look (1 or 0).
-- Returns of each: the endpoint's name and JSON, id, type, body, time of the event, attempt, how many of the
-- earlier attempts were settled. Only to look: how many.
local limit, max_flying, lease_ms, only_looks = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
local now, claimed, count = now_ms(), {}, 0
local receivers = redis.call('HGETALL', endpoints)
for at = 1, #receivers, 2 do
  local name, endpoint = receivers[at], receivers[at + 1]
  local due, flying = message_key(name, 'due'), message_key(name, 'flying')
  if not only_looks then redis.call('ZREMRANGEBYSCORE', flying, '-inf', now) end
  local room = math.min(limit - count, max_flying - redis.call('ZCOUNT', flying, '(' .. now, '+inf'))
  local ids = room > 0 and redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, room) or {}
  count = count + #ids
  for _, id in ipairs(only_looks and {} or ids) do
    local message = message_key(name, id)
    local attempt = redis.call('HINCRBY', message, 'attempts', 1)
    -- Should the sender die, it is due again when its lease is over.
    redis.call('ZADD', due, now + lease_ms, id)
    redis.call('ZADD', flying, now + lease_ms, id)
    local kind, body, created_ms, settled = unpack(redis.call('HMGET', message, 'type', 'body', 'created_ms', 'settled'))
    claimed[#claimed + 1] = {name, endpoint, id, kind, body, created_ms, attempt, settled or 0}
  end
end
return only_looks and count or claimed
