-- Makes somebody the one who reads a stream.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- ARGV[1]  time to live in milliseconds
-- ARGV[2]  greatest age of events in milliseconds, 0 for any
-- ARGV[3]  stream
-- ARGV[4]  reader
-- ARGV[5]  names this call: a client whose connection broke sends it again, and it must not be done again
-- ARGV[6]  'always', 'free' for only if nobody reads the stream, 'held' for only if ARGV[7] does
-- ARGV[7]  reader
-- returns  1 when it was granted or 0, who read the stream before or nil, how far it has been read or nil, and from where on
--          nothing of it has been trimmed
-- include log
-- include forget
openState({ 's:' .. ARGV[3] })
if dropped then
    return { ARGV[6] == 'held' and 0 or 1, false, false, '' }
end
if last and redis.call('EXISTS', log) == 0 then
    beginAnew()
end
expire(tonumber(ARGV[2]))
local stream = streamOf(ARGV[3])
local holder = stream.reader
local answer = { 1, holder or false, stream.delivered or false, stream.floor }
if stream.call == ARGV[5] then
    answer[2] = stream.previous or false
elseif (ARGV[6] == 'free' and holder) or (ARGV[6] == 'held' and holder ~= ARGV[7]) then
    answer[1] = 0
else
    local now = redis.call('TIME')
    stream.reader, stream.call, stream.previous = ARGV[4], ARGV[5], holder
    saveStream(ARGV[3], now[1] * 1000 + math.floor(now[2] / 1000))
    forgetOld()
end
saveState()
liveOn(ARGV[1])
return answer
