-- Counts a session against caps, if they allow one more. One that is counted already stays so.
-- KEYS[1…3] see includes/caps.lua
-- ARGV[1]  session
-- ARGV[2]  whose it is, '' for nobody's
-- ARGV[3]  for how long, in milliseconds
-- ARGV[4]  most sessions, '' for any number
-- ARGV[5]  most sessions of one owner, '' for any number
-- returns  1 when it is counted, 0 when there are as many as there may be
-- include caps
local session, owner = ARGV[1], ARGV[2]
local most, mostOfOne = tonumber(ARGV[4]), owner ~= '' and tonumber(ARGV[5])
local isOver = sweep()
local known = endOf(session)
while not known do
    local isFull = (most and redis.call('ZCARD', ends) >= most)
        or (mostOfOne and tonumber(redis.call('HGET', counts, owner) or 0) >= mostOfOne)
    if not isFull then
        break
    end
    -- Some that are over may be left.
    isOver = isOver and sweep()
    if not isOver then
        return 0
    end
end
if not known then
    redis.call('HSET', owners, session, owner)
    redis.call('HINCRBY', counts, owner, 1)
end
countUntil(session, now + ARGV[3])
return 1
