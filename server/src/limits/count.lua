-- Counts one request for all servers together, against all limits or, if one refuses it, against none. The arithmetic
-- is that of arithmetic.rs.
--
-- KEYS  1 the client's theoretical arrival time; 2 and following: the counts of the caps, if there are any
-- ARGV  1 interval in µs; 2 burst; 3 the time now in µs, or "" for the clock of Redis;
--       4 and following: for each cap, the length of its window in s and its maximum
-- Returns {0, 0}, or {the number of the key that refuses, the µs to wait}.

local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local tat = tonumber(redis.call('GET', KEYS[1]) or '0')
local latest = now + interval * burst
if tat > latest + 60000000 then
  tat = 0 -- More than clocks may differ: the clock was set back.
end
local next = math.max(tat, now) + interval
if next > latest then
  return {1, next - latest}
end

local windows = {}
for n = 2, #KEYS do
  local length, most = tonumber(ARGV[2 * n]) * 1000000, tonumber(ARGV[2 * n + 1])
  local window = math.floor(now / length)
  local key = KEYS[n] .. string.format(':%.0f', window)
  if tonumber(redis.call('GET', key) or '0') >= most then
    return {n, (window + 1) * length - now}
  end
  windows[key] = length
end

redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000) + 1)
for key, length in pairs(windows) do
  redis.call('INCR', key)
  redis.call('PEXPIRE', key, math.ceil(length / 1000))
end
return {0, 0}
