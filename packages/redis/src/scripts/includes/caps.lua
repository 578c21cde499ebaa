-- The sessions that are counted against caps, in three hashes and sets that are there all or none.
-- KEYS[1]  sorted set: until when each session is counted, in milliseconds
-- KEYS[2]  hash: of each session whose it is, '' for nobody's
-- KEYS[3]  hash: how many sessions each of these has
local ends, owners, counts = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Redis may have evicted one of them, and then the others are of no use. Sessions are counted again as they are used.
local present = redis.call('EXISTS', ends, owners, counts)
if present > 0 and present < 3 then
    redis.call('UNLINK', ends, owners, counts)
end

local function uncount(session)
    local owner = redis.call('HGET', owners, session)
    redis.call('ZREM', ends, session)
    if owner then
        redis.call('HDEL', owners, session)
        if redis.call('HINCRBY', counts, owner, -1) <= 0 then
            redis.call('HDEL', counts, owner)
        end
    end
end

-- Sessions that are over are forgotten, some at a time. False when there were none.
local function sweep()
    local over = redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 200)
    for _, session in ipairs(over) do
        uncount(session)
    end
    return #over > 0
end

local function endOf(session)
    return tonumber(redis.call('ZSCORE', ends, session) or nil)
end

-- Counts a session until then at least, and keeps the keys for as long as any is counted.
local function countUntil(session, untilMs)
    if untilMs > (endOf(session) or 0) then
        redis.call('ZADD', ends, string.format('%.0f', untilMs), session)
    end
    for _, key in ipairs(KEYS) do
        if redis.call('PTTL', key) < untilMs - now then
            redis.call('PEXPIREAT', key, string.format('%.0f', untilMs))
        end
    end
end
