-- A reader lets a stream go, and says how far it has passed it on. Never creates.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- KEYS[3]  its streams
-- ARGV[1]  stream
-- ARGV[2]  reader
-- ARGV[3]  position, '' for the very beginning
-- returns  0
-- include log
if dropped or isTorn or redis.call('EXISTS', streams) == 0 then
    return 0
end
local stream = streamOf(ARGV[1])
if stream.reader == ARGV[2] then
    stream.reader, stream.call, stream.previous = nil, nil, nil
end
if last and not isBefore(last, ARGV[3]) and isBefore(stream.delivered or '', ARGV[3]) then
    stream.delivered = ARGV[3]
end
saveLog()
return 0
