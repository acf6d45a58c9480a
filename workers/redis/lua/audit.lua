-- Shared part of create, commit, request_pause and append_act: writes the acts of people into the audit log. Owns
--   audit        list of entries as JSON, the oldest first
--   audit-head   hash of the last entry: `number`, `digest`; `sealed` is the number of the last one in the archive
--
-- The log is a chain of digests (see flows/people/audit.py), and so the digest of an entry is made here, where no
-- other entry can come in between. Redis offers Lua SHA-1 only.
local function sha256(text)
  local K = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  }
  local band, bxor, ror, rshift, tobit = bit.band, bit.bxor, bit.ror, bit.rshift, bit.tobit
  local H = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  }
  local length = #text
  text = text .. '\128' .. string.rep('\0', (55 - length) % 64) .. struct.pack('>I4I4', 0, length * 8)
  for at = 1, #text, 64 do
    local w = {struct.unpack('>I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4I4', text, at)}
    for i = 17, 64 do
      local x, y = w[i - 15], w[i - 2]
      w[i] = tobit(w[i - 16] + bxor(ror(x, 7), ror(x, 18), rshift(x, 3)) + w[i - 7]
        + bxor(ror(y, 17), ror(y, 19), rshift(y, 10)))
    end
    local a, b, c, d, e, f, g, h = unpack(H)
    for i = 1, 64 do
      local t1 = h + bxor(ror(e, 6), ror(e, 11), ror(e, 25)) + bxor(g, band(e, bxor(f, g))) + K[i] + w[i]
      local t2 = bxor(ror(a, 2), ror(a, 13), ror(a, 22)) + bxor(band(a, b), band(c, bxor(a, b)))
      h, g, f, e, d, c, b, a = g, f, e, tobit(d + t1), c, b, a, tobit(t1 + t2)
    end
    for i, word in ipairs({a, b, c, d, e, f, g, h}) do H[i] = tobit(H[i] + word) end
  end
  for i, word in ipairs(H) do H[i] = bit.tohex(word) end
  return table.concat(H)
end

local function from_hex(text)
  return (text:gsub('..', function(pair) return string.char(tonumber(pair, 16)) end))
end

-- Writes an entry after the last one. `content` is the sha256 of the record, which is JSON. Returns the new head.
local function append_act(record, content)
  local head = prefix .. 'audit-head'
  local number, previous = unpack(redis.call('HMGET', head, 'number', 'digest'))
  number = string.format('%.0f', (tonumber(number) or 0) + 1)
  previous = previous or string.rep('0', 64)
  local at_ms = string.format('%.0f', now_ms())
  local digest = sha256(from_hex(previous) .. from_hex(content) .. number .. ' ' .. at_ms)
  redis.call('RPUSH', prefix .. 'audit', '{"number":' .. number .. ',"at_ms":' .. at_ms .. ',"previous":"' .. previous
    .. '","digest":"' .. digest .. '","record":' .. record .. '}')
  redis.call('HSET', head, 'number', number, 'digest', digest)
  return {number, digest}
end
