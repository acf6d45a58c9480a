-- Looks an idempotency key up, and takes it if nobody has it. Owns the hash `idempotency:<key>`:
--   request      sha256 of what was sent
--   first_ms     when the key was first seen
--   lease_until  until when somebody carries it out
--   response     what was answered
-- ARGV: 1 key, 2 sha256, 3 lease in ms, 4 how long it is remembered in ms.
-- Returns the status, when the key was first seen, and the response.
local name, now = prefix .. 'idempotency:' .. ARGV[1], now_ms()
local request, first_ms, lease_until, response =
  unpack(redis.call('HMGET', name, 'request', 'first_ms', 'lease_until', 'response'))
if not request then
  first_ms = now
  redis.call('HSET', name, 'request', ARGV[2], 'first_ms', now)
  redis.call('PEXPIRE', name, ARGV[4])
elseif request ~= ARGV[2] then
  return {'other', 0, ''}
elseif response then
  return {'done', tonumber(first_ms), response}
elseif lease_until and tonumber(lease_until) > now then
  return {'in_flight', tonumber(first_ms), ''}
end
redis.call('HSET', name, 'lease_until', now + ARGV[3])
return {'new', tonumber(first_ms), ''}
