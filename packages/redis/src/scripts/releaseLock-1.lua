-- Lets a lock go.
-- KEYS[1]  see includes/lock.lua
-- ARGV[1]  who holds it
-- returns  1, or 0 when it is not held by that one
-- include lock
if holder ~= ARGV[1] then
    return 0
end
redis.call('HDEL', lock, 'holder', 'until')
redis.call('PEXPIRE', lock, remembered)
return 1
