-- Shared part of the scripts that count: whole numbers by series, which workers/observing/metrics names. Owns
-- `metrics` and `exemplars`.

-- Labels come from flows, tools and chat models, which are few; beyond this, new ones are not kept.
local MAX_SERIES = 20000

-- Of waits, as `WAIT_BUCKETS_S` in Python.
local WAIT_BOUNDS_MS = {100, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 1800000, 7200000}

local function count(series, amount)
  local key = prefix .. 'metrics'
  if redis.call('HINCRBY', key, series, amount) == amount and redis.call('HLEN', key) > MAX_SERIES then
    redis.call('HDEL', key, series)
    redis.call('HINCRBY', key, 'fluxagents_series_dropped_total', 1)
  end
end

local function count_all(amounts)
  for series, amount in pairs(amounts) do count(series, amount) end
end

-- The latest trace of each bucket, for those that are kept.
local function keep_exemplars(texts)
  for series, text in pairs(texts) do
    if redis.call('HEXISTS', prefix .. 'metrics', series) == 1 then
      redis.call('HSET', prefix .. 'exemplars', series, text)
    end
  end
end

-- Counts a wait in its bucket.
local function observe_wait(series, ms)
  ms = math.max(0, math.floor(ms))
  local bucket = #WAIT_BOUNDS_MS
  for at, bound in ipairs(WAIT_BOUNDS_MS) do
    if ms <= bound then
      bucket = at - 1
      break
    end
  end
  count(series .. '|' .. bucket, 1)
  count(series .. '|sum', ms)
end

local function name_lane(queue)
  if string.find(queue, '.bulk', 1, true) then return 'bulk' end
  return string.sub(queue, 1, 10) == 'tools.long' and 'long' or 'interactive'
end
