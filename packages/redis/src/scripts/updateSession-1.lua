-- Replaces a session's record if it exists and has the expected revision. Never creates.
-- KEYS[1]  the record
-- ARGV[1]  expected revision
-- ARGV[2]  new record
-- ARGV[3]  time to live in milliseconds
-- returns  1 when it was replaced, 0 when there is no record or another revision
-- Of a key of another type it is an error, and no record.
local record = redis.pcall('GET', KEYS[1])
if type(record) ~= 'string' or string.match(record, '^%d+:(%d+):') ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
