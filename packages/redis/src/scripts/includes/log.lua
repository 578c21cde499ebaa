-- include positions
-- One session's log: what its state says, and how events leave it. What is changed here is written by saveState().
local log, state = KEYS[1], KEYS[2]
local dropped, last, first, gone, skipped, bytes, count, records, most
local known, streams, sets, removals = {}, {}, {}, {}

local function set(field, value)
    sets[field], removals[field] = value, nil
end

local function unset(field)
    sets[field], removals[field] = nil, true
end

-- Reads the state, and beside it the fields that will be needed.
local function openState(fields)
    local names = { 'dropped', 'last', 'first', 'gone', 'skipped', 'bytes', 'count', 'records', 'most' }
    local own = #names
    for i = 1, #fields do
        names[own + i] = fields[i]
    end
    local values = redis.call('HMGET', state, unpack(names))
    dropped, last, first = values[1], values[2], values[3]
    gone, skipped = values[4] or '', values[5] or ''
    bytes, count = tonumber(values[6] or 0), tonumber(values[7] or 0)
    records, most = tonumber(values[8] or 0), tonumber(values[9] or 2048)
    for i = 1, #fields do
        known[fields[i]] = values[own + i]
    end
end

-- Redis may have evicted the log or its state, and one is of no use without the other.
local function beginAnew()
    redis.call('DEL', log, state)
    last, first, gone, skipped, bytes, count, records = false, false, '', '', 0, 0, 0
    known, streams, sets, removals = {}, {}, {}, {}
end

-- What is kept of a stream: { floor, delivered, reader, call, previous, undelivered, at }; kept only of one that somebody claimed
-- or that has final responses that nobody has seen. floor: its last position that was trimmed; undelivered: how many of those
-- responses are in the log; at: when the record was last needed, in milliseconds.
local function streamOf(name)
    if not streams[name] then
        local value = known['s:' .. name]
        if value == nil then
            value = redis.call('HGET', state, 's:' .. name)
            known['s:' .. name] = value
        end
        local isRead, stream = pcall(cjson.decode, value or 'null')
        isRead = isRead and type(stream) == 'table'
        streams[name] = isRead and stream or { floor = gone }
        streams[name].isStored = value ~= false
    end
    return streams[name]
end

local function saveStream(name, at)
    local stream = streamOf(name)
    local isStored = stream.isStored
    if stream.reader or stream.delivered or (stream.undelivered or 0) > 0 then
        stream.at, stream.isStored = at, nil
        set('s:' .. name, cjson.encode(stream))
        records = records + (isStored and 0 or 1)
        stream.isStored = true
    else
        if isBefore(gone, stream.floor) then
            gone = stream.floor
        end
        streams[name] = nil
        known['s:' .. name] = false
        unset('s:' .. name)
        records = records - (isStored and 1 or 0)
    end
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

local function entriesBehind(position, limit)
    return redis.call('XRANGE', log, position == '' and '-' or '(' .. position, '+', 'COUNT', limit)
end

local function firstBehind(position)
    local pair = entriesBehind(position, 1)[1]
    return pair and entryOf(pair)
end

local function remove(entry)
    redis.call('XDEL', log, entry.id)
    count = count - 1
    bytes = bytes - #entry.m
    if entry.f then
        unset(finalField(entry.s, entry.f))
    end
    local stream = streamOf(entry.s)
    if not stream.isStored then
        gone = isBefore(gone, entry.id) and entry.id or gone
        streams[entry.s] = nil
        return
    end
    stream.floor = isBefore(stream.floor, entry.id) and entry.id or stream.floor
    stream.undelivered = (stream.undelivered or 0) - (entry.u and 1 or 0)
    saveStream(entry.s, msOf(last))
end

-- The oldest goes first, but final responses that nobody has seen go last: up to skipped nothing else is left.
local function trim(maxEvents, maxBytes)
    while count > maxEvents or bytes > maxBytes do
        local entry = firstBehind(skipped)
        while entry and entry.u do
            skipped = entry.id
            entry = firstBehind(skipped)
        end
        entry = entry or firstBehind('')
        if not entry then
            count, bytes = 0, 0
            return
        end
        remove(entry)
    end
end

-- Removes what is older, 0 for nothing.
local function expire(maxAgeMs)
    if maxAgeMs > 0 and last then
        local now = redis.call('TIME')
        local oldest = now[1] * 1000 + math.floor(now[2] / 1000) - maxAgeMs
        local entry = firstBehind('')
        while entry and msOf(entry.id) < oldest do
            remove(entry)
            entry = firstBehind('')
        end
    end
end

local function flush(command, items)
    for from = 1, #items, 1000 do
        redis.call(command, state, unpack(items, from, math.min(from + 999, #items)))
    end
end

local function saveState()
    if last then
        set('last', last)
        set('first', first)
        set('gone', gone)
        set('skipped', skipped)
        set('bytes', string.format('%.0f', bytes))
        set('count', count)
    end
    set('records', records)
    local written, removed = {}, {}
    for field, value in pairs(sets) do
        written[#written + 1] = field
        written[#written + 1] = value
    end
    for field in pairs(removals) do
        removed[#removed + 1] = field
    end
    flush('HDEL', removed)
    flush('HSET', written)
end

local function liveOn(ttlMs)
    redis.call('PEXPIRE', log, ttlMs)
    redis.call('PEXPIRE', state, ttlMs)
end
