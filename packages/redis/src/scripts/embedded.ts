// Made by scripts/embedLua.mjs from the .lua files beside it. Do not edit: change those, and run `npm run embed`.

/** `updateSession-1.lua` */
export const updateSession = {
    sha1: '3fe96c79efbf85fd2f33c252021190c65177a958',
    source: String.raw`-- Replaces a session's record if it exists and has the expected revision. Never creates.
-- KEYS[1]  the record
-- ARGV[1]  expected revision
-- ARGV[2]  new record
-- ARGV[3]  time to live in milliseconds
-- returns  1 when it was replaced, 0 when there is no record or another revision
local record = redis.call('GET', KEYS[1])
if not record or string.match(record, '^%d+:(%d+):') ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`
};
