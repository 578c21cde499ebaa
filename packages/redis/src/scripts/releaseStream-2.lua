-- A reader lets a stream go, and says how far it has passed it on. Never creates.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- ARGV[1]  stream
-- ARGV[2]  reader
-- ARGV[3]  position, '' for the very beginning
-- returns  0
-- include log
openState({ 's:' .. ARGV[1] })
local stream = streamOf(ARGV[1])
if dropped or (not last and not stream.isStored) then
    return 0
end
if stream.reader == ARGV[2] then
    stream.reader, stream.call, stream.previous = nil, nil, nil
end
if last and not isBefore(last, ARGV[3]) and isBefore(stream.delivered or '', ARGV[3]) then
    stream.delivered = ARGV[3]
end
saveStream(ARGV[1], stream.at)
saveState()
return 0
