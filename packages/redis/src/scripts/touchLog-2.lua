-- Starts the time to live of a session's log anew. Never creates, and does not lengthen what is left of one that was dropped.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- ARGV[1]  time to live in milliseconds
-- returns  the position of the last event that ever was, '' for none
if redis.call('HEXISTS', KEYS[2], 'dropped') == 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    redis.call('PEXPIRE', KEYS[2], ARGV[1])
end
return redis.call('HGET', KEYS[2], 'last') or ''
