-- Removes all that is kept of a session's log, and leaves a mark for a while by which appends that come late are refused.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- ARGV[1]  life of the mark in milliseconds
-- returns  0
redis.call('UNLINK', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[2], 'dropped', '1')
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 0
