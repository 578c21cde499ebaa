-- Puts a message behind all others of an address.
-- KEYS[1]  the address's mail
-- ARGV[1]  how long a message is kept, in milliseconds
-- ARGV[2]  most messages
-- ARGV[3]  names the message: a client whose connection broke posts it again
-- ARGV[4]  message
-- returns  0
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 64)
for _, letter in ipairs(newest) do
    if letter[2][2] == ARGV[3] then
        return 0
    end
end
local before = newest[1] and newest[1][1] or ''
local id = redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], '*', 'n', ARGV[3], 'b', before, 'm', ARGV[4])
redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', tonumber(string.match(id, '^%d+')) - ARGV[1]))
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[1])
return 0
