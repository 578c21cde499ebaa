-- Takes a lock if nobody holds it. Who holds it already keeps it, with the same token.
-- KEYS[1]  see includes/lock.lua
-- ARGV[1]  who takes it
-- ARGV[2]  for how long, in milliseconds
-- returns  its token, in digits, or nil when another holds it
-- include lock
if holder and holder ~= ARGV[1] then
    return false
end
if not holder then
    -- Microseconds, so that tokens grow also when the last one is forgotten; by one where the clock was set back.
    local clock = time[1] * 1000000 + time[2]
    token = string.format('%.0f', math.max(tonumber(token or 0) + 1, clock))
    redis.call('HSET', lock, 'holder', ARGV[1], 'token', token)
end
holdFor(tonumber(ARGV[2]))
return token
