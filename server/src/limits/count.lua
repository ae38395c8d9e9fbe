-- Counts one request, all of it or nothing, for all servers together. The arithmetic is that of arithmetic.rs.
--
-- KEYS  1 the client's time; 2 and on, where there are caps, their counts
-- ARGV  1 interval in µs; 2 burst; 3 the time now in µs, or "" for the clock of Redis;
--       4 and on, for each cap, its length in s and its count
-- Answers {0, 0}, or {the number of the key that refuses, the µs to wait}.

local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local whole = tonumber(redis.call('GET', KEYS[1]) or '0')
local next = math.max(whole, now) + interval
local latest = now + interval * burst
if next > latest then
  return {1, next - latest}
end

local stretches = {}
for n = 2, #KEYS do
  local length, most = tonumber(ARGV[2 * n]) * 1000000, tonumber(ARGV[2 * n + 1])
  local stretch = math.floor(now / length)
  local key = KEYS[n] .. string.format(':%.0f', stretch)
  if tonumber(redis.call('GET', key) or '0') >= most then
    return {n, (stretch + 1) * length - now}
  end
  stretches[key] = length
end

redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000) + 1)
for key, length in pairs(stretches) do
  redis.call('INCR', key)
  redis.call('PEXPIRE', key, math.ceil(length / 1000))
end
return {0, 0}
