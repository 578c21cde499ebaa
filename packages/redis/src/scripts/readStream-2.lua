-- Reads on in one stream of a session's log. Looks through a bounded piece of the log.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- ARGV[1]  greatest age of events in milliseconds, 0 for any
-- ARGV[2]  stream
-- ARGV[3]  'after' an event of the stream, or 'since' a position of the log
-- ARGV[4]  the position
-- ARGV[5]  most events to return
-- ARGV[6]  most events to look at
-- ARGV[7]  most bytes to look at
-- returns  reader or nil, position, 1 when there is more or 0, message of the event of 'after' or nil, and of each event its
--          position and message; nil when the position is of no use
-- include log
local name, mode, at = ARGV[2], ARGV[3], ARGV[4]
local limit, maxLooked, maxBytes = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
openState({ 's:' .. name })
local reader = streamOf(name).reader or false
if not last then
    return mode == 'since' and at == '' and { reader, '', 0, false }
end
if tonumber(ARGV[1]) > 0 then
    expire(tonumber(ARGV[1]))
    saveState()
end
if isBefore(at, streamOf(name).floor) then
    return false
end
local named = false
if mode == 'after' then
    local pair = redis.call('XRANGE', log, at, at)[1]
    local entry = pair and entryOf(pair)
    if not entry or entry.s ~= name then
        return false
    end
    named = entry.m
elseif at ~= '' and (isBefore(at, first) or isBefore(last, at)) then
    return false
end

local page = { reader, at, 0, named }
local found, looked, size, isFull = 0, 0, 0, false
while at ~= last and not isFull do
    local batch = entriesBehind(at, math.min(64, maxLooked - looked))
    for i = 1, #batch do
        local id, fields = batch[i][1], batch[i][2]
        at = id
        looked = looked + 1
        size = size + #(fields[4] or '')
        if fields[2] == name and fields[1] == 's' and fields[3] == 'm' then
            page[#page + 1] = id
            page[#page + 1] = fields[4]
            found = found + 1
        end
        isFull = found >= limit or looked >= maxLooked or size >= maxBytes
        if isFull then
            break
        end
    end
    if #batch == 0 then
        break
    end
end
if isFull and at ~= last and #entriesBehind(at, 1) > 0 then
    page[2], page[3] = at, 1
    return page
end
if isBefore(at, last) then
    -- What was last has been trimmed, or Redis has evicted all.
    if redis.call('EXISTS', log) == 0 then
        return false
    end
    at = last
end
page[2] = at
return page
