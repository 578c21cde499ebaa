-- Starts the time to live of a session's log anew. Never creates, and does not lengthen what is left of one that was dropped.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- KEYS[3]  its streams
-- ARGV[1]  time to live in milliseconds
-- returns  0
if redis.call('HEXISTS', KEYS[2], 'dropped') == 0 then
    for i = 1, 3 do
        redis.call('PEXPIRE', KEYS[i], ARGV[1])
    end
end
return 0
