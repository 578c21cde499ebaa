-- include positions
-- One session's log: what stands in its keys, and how events leave it. What is changed here is kept by saveLog().
local log, state, streams = KEYS[1], KEYS[2], KEYS[3]
local known = redis.call('HMGET', state, 'dropped', 'last', 'first', 'gone', 'skipped', 'bytes')
local dropped, last, first = known[1], known[2], known[3]
-- Of a stream that is not known, something up to here may have been trimmed.
local gone = known[4] or ''
-- Up to here nothing is left but final responses that nobody has seen.
local skipped = known[5] or ''
local bytes = tonumber(known[6] or '') or 0
local count = redis.call('XLEN', log)
-- When Redis has evicted one of the keys, the others are of no use.
local isTorn = redis.call('EXISTS', log) ~= (last and 1 or 0) or (last and redis.call('EXISTS', streams) == 0)
local opened = {}

local function mend()
    if isTorn then
        redis.call('DEL', log, state, streams)
        last, first, gone, skipped, bytes, count, isTorn = false, false, '', '', 0, 0, false
    end
end

-- What is kept of a stream: { count, floor, delivered, reader, call, previous, at }. count: its events in the log; floor: its
-- last position that was trimmed; at: when it was last claimed or released, or lost its last event, in milliseconds.
local function streamOf(name)
    if not opened[name] then
        local isRead, stream = pcall(cjson.decode, redis.call('HGET', streams, 's:' .. name) or 'null')
        opened[name] = isRead and type(stream) == 'table' and stream or { count = 0, floor = gone }
    end
    return opened[name]
end

local function finalField(stream, finalOf)
    return 'f:' .. #stream .. ':' .. stream .. ':' .. finalOf
end

-- Whoever wrote it, stream (s) and message (m) are strings. Of a final response f names the request; u: nobody has seen it.
local function entryOf(pair)
    local entry = { id = pair[1], s = '', m = '' }
    for i = 1, #pair[2], 2 do
        entry[pair[2][i]] = pair[2][i + 1]
    end
    return entry
end

local function entriesBehind(position, most)
    return redis.call('XRANGE', log, position == '' and '-' or '(' .. position, '+', 'COUNT', most)
end

local function firstBehind(position)
    local pair = entriesBehind(position, 1)[1]
    return pair and entryOf(pair)
end

local function remove(entry)
    redis.call('XDEL', log, entry.id)
    count = count - 1
    bytes = bytes - #entry.m
    local stream = streamOf(entry.s)
    stream.count = stream.count - 1
    stream.at = msOf(last)
    if isBefore(stream.floor, entry.id) then
        stream.floor = entry.id
    end
    if entry.f then
        redis.call('HDEL', state, finalField(entry.s, entry.f))
    end
end

-- The oldest goes first, but final responses that nobody has seen go last.
local function trim(maxEvents, maxBytes)
    while count > 0 and (count > maxEvents or bytes > maxBytes) do
        local entry = firstBehind(skipped)
        while entry and entry.u do
            skipped = entry.id
            entry = firstBehind(skipped)
        end
        remove(entry or firstBehind(''))
    end
end

-- Removes what is older, 0 for nothing.
local function expire(maxAgeMs)
    if maxAgeMs > 0 and last and not isTorn then
        local now = redis.call('TIME')
        local oldest = now[1] * 1000 + math.floor(now[2] / 1000) - maxAgeMs
        local entry = firstBehind('')
        while entry and msOf(entry.id) < oldest do
            remove(entry)
            entry = firstBehind('')
        end
    end
end

local function saveLog()
    for name, stream in pairs(opened) do
        if stream.count > 0 or stream.reader or stream.delivered or stream.floor ~= gone then
            redis.call('HSET', streams, 's:' .. name, cjson.encode(stream))
        else
            redis.call('HDEL', streams, 's:' .. name)
        end
    end
    if last then
        local text = string.format('%.0f', bytes)
        redis.call('HSET', state, 'last', last, 'first', first, 'gone', gone, 'skipped', skipped, 'bytes', text)
    end
end

local function liveOn(ttlMs)
    for i = 1, 3 do
        redis.call('PEXPIRE', KEYS[i], ttlMs)
    end
end
