-- KEYS[1]  the lock, a hash: holder, until (milliseconds) and token of its last grant
local lock = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local holder, untilMs, token = unpack(redis.call('HMGET', lock, 'holder', 'until', 'token'))
if holder and tonumber(untilMs or 0) <= now then
    holder = false
end

-- The last token is known for this much longer than the lock is held. After that the clock has gone on by more than enough.
local remembered = 3600000

local function holdFor(leaseMs)
    -- A life that Redis refuses would leave a key without one.
    leaseMs = math.min(leaseMs, 1e15)
    redis.call('HSET', lock, 'until', string.format('%.0f', now + leaseMs))
    redis.call('PEXPIRE', lock, string.format('%.0f', leaseMs + remembered))
end
