-- Appends events to a session's log, each at its end, and after each trims the log to its bounds.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- KEYS[3]  its streams
-- ARGV[1]  time to live in milliseconds
-- ARGV[2]  most events
-- ARGV[3]  most bytes
-- ARGV[4]  greatest age in milliseconds, 0 for any
-- ARGV[5]  who appends
-- ARGV[6]  names this call: a client whose connection broke sends it again, and it must not be done again
-- ARGV[7…] of each event: stream, message, kind ('0', '1' for a final response, '2' for one that nobody has seen), and the
--          request that it answers
-- returns  for each event its position, or nil where it was not appended
-- include log
-- include forget
local positions = {}
local done = redis.call('HGET', streams, 'a:' .. ARGV[5])
if dropped then
    for i = 7, #ARGV, 4 do
        table.insert(positions, false)
    end
    return positions
end
if done and string.sub(done, 1, #ARGV[6] + 1) == ARGV[6] .. ' ' then
    for position in string.gmatch(string.sub(done, #ARGV[6] + 2), '%S+') do
        table.insert(positions, position ~= '-' and position)
    end
    return positions
end
mend()

expire(tonumber(ARGV[4]))
local answer = ARGV[6]
for i = 7, #ARGV, 4 do
    local name, message, kind, finalOf = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
    if kind ~= '0' and redis.call('HSETNX', state, finalField(name, finalOf), '1') == 0 then
        table.insert(positions, false)
    else
        local fields = { 's', name, 'm', message }
        if kind ~= '0' then
            table.insert(fields, 'f')
            table.insert(fields, finalOf)
        end
        if kind == '2' then
            table.insert(fields, 'u')
            table.insert(fields, '1')
        end
        last = redis.call('XADD', log, '*', unpack(fields))
        first = first or last
        count = count + 1
        bytes = bytes + #message
        streamOf(name).count = streamOf(name).count + 1
        trim(tonumber(ARGV[2]), tonumber(ARGV[3]))
        table.insert(positions, last)
    end
    answer = answer .. ' ' .. (positions[#positions] or '-')
end
redis.call('HSET', streams, 'a:' .. ARGV[5], answer)
forgetStreams()
saveLog()
liveOn(ARGV[1])
return positions
