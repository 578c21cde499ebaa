// Made by scripts/embedLua.mjs from the .lua files beside it. Do not edit: change those, and run `npm run embed`.

/** `appendEvents-3.lua` */
export const appendEvents = {
    sha1: '1dec2b89b14fc58e1144ba40475106440e100f77',
    source: String.raw`-- Appends events to a session's log, each at its end, and after each trims the log to its bounds.
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
-- Whether a position comes before another; '' comes before all. Both numbers are compared as such: as text 10-0 comes before 9-0.
local function isBefore(a, b)
    if a == '' or b == '' then
        return a ~= b and a == ''
    end
    local aMs, aSeq = string.match(a, '^(%d+)%-(%d+)$')
    local bMs, bSeq = string.match(b, '^(%d+)%-(%d+)$')
    aMs, aSeq, bMs, bSeq = tonumber(aMs), tonumber(aSeq), tonumber(bMs), tonumber(bSeq)
    return aMs < bMs or (aMs == bMs and aSeq < bSeq)
end

local function msOf(position)
    return tonumber(string.match(position, '^%d+'))
end
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
-- Streams of which the log has nothing left must not gather for as long as the session lives. When there are many, this forgets
-- those that were left longest ago, first of all those that nobody reads; and calls that were answered long since.
local function forgetStreams()
    local most = tonumber(redis.call('HGET', streams, 'most') or '') or 2048
    if redis.call('HLEN', streams) <= most then
        return
    end
    local empty = {}
    local all = redis.call('HGETALL', streams)
    for i = 1, #all, 2 do
        local kind, name = string.sub(all[i], 1, 2), string.sub(all[i], 3)
        if kind == 'a:' then
            redis.call('HDEL', streams, all[i])
        elseif kind == 's:' and streamOf(name).count == 0 then
            table.insert(empty, name)
        end
    end
    table.sort(empty, function(a, b)
        a, b = streamOf(a), streamOf(b)
        if (a.reader == nil) ~= (b.reader == nil) then
            return a.reader == nil
        end
        return (a.at or 0) < (b.at or 0)
    end)
    for i = 1, #empty - 1024 do
        local floor = streamOf(empty[i]).floor
        if isBefore(gone, floor) then
            gone = floor
        end
        opened[empty[i]] = nil
        redis.call('HDEL', streams, 's:' .. empty[i])
    end
    redis.call('HSET', streams, 'most', math.max(2048, 2 * redis.call('HLEN', streams)))
end
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
return positions`
};

/** `claimStream-3.lua` */
export const claimStream = {
    sha1: '47b337fab2b08e528f97dd73e99f5535593fcc09',
    source: String.raw`-- Makes somebody the one who reads a stream.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- KEYS[3]  its streams
-- ARGV[1]  time to live in milliseconds
-- ARGV[2]  greatest age of events in milliseconds, 0 for any
-- ARGV[3]  stream
-- ARGV[4]  reader
-- ARGV[5]  names this call: a client whose connection broke sends it again, and it must not be done again
-- ARGV[6]  'always', 'free' for only if nobody reads the stream, 'held' for only if ARGV[7] does
-- ARGV[7]  reader
-- returns  1 when it was granted or 0, who read the stream before or nil, how far it has been read or nil, and from where on
--          nothing of it has been trimmed
-- Whether a position comes before another; '' comes before all. Both numbers are compared as such: as text 10-0 comes before 9-0.
local function isBefore(a, b)
    if a == '' or b == '' then
        return a ~= b and a == ''
    end
    local aMs, aSeq = string.match(a, '^(%d+)%-(%d+)$')
    local bMs, bSeq = string.match(b, '^(%d+)%-(%d+)$')
    aMs, aSeq, bMs, bSeq = tonumber(aMs), tonumber(aSeq), tonumber(bMs), tonumber(bSeq)
    return aMs < bMs or (aMs == bMs and aSeq < bSeq)
end

local function msOf(position)
    return tonumber(string.match(position, '^%d+'))
end
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
-- Streams of which the log has nothing left must not gather for as long as the session lives. When there are many, this forgets
-- those that were left longest ago, first of all those that nobody reads; and calls that were answered long since.
local function forgetStreams()
    local most = tonumber(redis.call('HGET', streams, 'most') or '') or 2048
    if redis.call('HLEN', streams) <= most then
        return
    end
    local empty = {}
    local all = redis.call('HGETALL', streams)
    for i = 1, #all, 2 do
        local kind, name = string.sub(all[i], 1, 2), string.sub(all[i], 3)
        if kind == 'a:' then
            redis.call('HDEL', streams, all[i])
        elseif kind == 's:' and streamOf(name).count == 0 then
            table.insert(empty, name)
        end
    end
    table.sort(empty, function(a, b)
        a, b = streamOf(a), streamOf(b)
        if (a.reader == nil) ~= (b.reader == nil) then
            return a.reader == nil
        end
        return (a.at or 0) < (b.at or 0)
    end)
    for i = 1, #empty - 1024 do
        local floor = streamOf(empty[i]).floor
        if isBefore(gone, floor) then
            gone = floor
        end
        opened[empty[i]] = nil
        redis.call('HDEL', streams, 's:' .. empty[i])
    end
    redis.call('HSET', streams, 'most', math.max(2048, 2 * redis.call('HLEN', streams)))
end
if dropped then
    return { ARGV[6] == 'held' and 0 or 1, false, false, '' }
end
mend()
expire(tonumber(ARGV[2]))
local stream = streamOf(ARGV[3])
local holder, isGranted = stream.reader, true
if stream.call == ARGV[5] then
    holder = stream.previous
elseif (ARGV[6] == 'free' and holder) or (ARGV[6] == 'held' and holder ~= ARGV[7]) then
    isGranted = false
else
    local now = redis.call('TIME')
    stream.reader, stream.call, stream.previous = ARGV[4], ARGV[5], holder
    stream.at = now[1] * 1000 + math.floor(now[2] / 1000)
end
forgetStreams()
saveLog()
liveOn(ARGV[1])
return { isGranted and 1 or 0, holder or false, stream.delivered or false, stream.floor }`
};

/** `collectMail-n.lua` */
export const collectMail = {
    sha1: 'ea18b9e1412ea4a648e9c653a1f9265677e572a3',
    source: String.raw`-- Looks up what has come to some addresses. Removes nothing.
-- KEYS[…]  an address's mail
-- ARGV[1]  most messages of one address to return
-- ARGV[…]  of each address: behind which position to look, '' for behind all
-- returns  of each address: the position up to which was looked, 1 when some before it were trimmed or 0, and the messages
-- Whether a position comes before another; '' comes before all. Both numbers are compared as such: as text 10-0 comes before 9-0.
local function isBefore(a, b)
    if a == '' or b == '' then
        return a ~= b and a == ''
    end
    local aMs, aSeq = string.match(a, '^(%d+)%-(%d+)$')
    local bMs, bSeq = string.match(b, '^(%d+)%-(%d+)$')
    aMs, aSeq, bMs, bSeq = tonumber(aMs), tonumber(aSeq), tonumber(bMs), tonumber(bSeq)
    return aMs < bMs or (aMs == bMs and aSeq < bSeq)
end

local function msOf(position)
    return tonumber(string.match(position, '^%d+'))
end
local answers = {}
for i, key in ipairs(KEYS) do
    local at = ARGV[i + 1]
    local newest = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
    if at == '' then
        at = newest and newest[1] or '0-0'
    end
    local answer = { at, 0 }
    if newest and isBefore(newest[1], at) then
        -- The mail began anew under an earlier clock.
        at = '0-0'
        answer[2] = 1
    end
    for index, letter in ipairs(redis.call('XRANGE', key, '(' .. at, '+', 'COUNT', ARGV[1])) do
        local before = letter[2][4]
        if index == 1 and before ~= '' and isBefore(at, before) then
            answer[2] = 1
        end
        answer[1] = letter[1]
        table.insert(answer, letter[2][6])
    end
    answers[i] = answer
end
return answers`
};

/** `dropLog-3.lua` */
export const dropLog = {
    sha1: 'f4f11f58326da566a0ede9c5f504ffd8fba7c40a',
    source: String.raw`-- Removes all that is kept of a session's log, and leaves a mark for a while by which appends that come late are refused.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- KEYS[3]  its streams
-- ARGV[1]  life of the mark in milliseconds
-- returns  0
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[2], 'dropped', '1')
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 0`
};

/** `postMail-1.lua` */
export const postMail = {
    sha1: 'fea6977f916a6f2aa858d4c0edfc915ea2a56549',
    source: String.raw`-- Puts a message behind all others of an address.
-- KEYS[1]  the address's mail
-- ARGV[1]  how long a message is kept, in milliseconds
-- ARGV[2]  most messages
-- ARGV[3]  names the message: a client whose connection broke posts it again
-- ARGV[4]  message
-- returns  0
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 64)
for _, letter in ipairs(newest) do
    if letter[2][2] == ARGV[3] then
        return 0
    end
end
local before = newest[1] and newest[1][1] or ''
local id = redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], '*', 'n', ARGV[3], 'b', before, 'm', ARGV[4])
redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', tonumber(string.match(id, '^%d+')) - ARGV[1]))
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[1])
return 0`
};

/** `readStream-3.lua` */
export const readStream = {
    sha1: 'a94733bb0a97ebfbf1edaf036006259fc43ec09b',
    source: String.raw`-- Reads on in one stream of a session's log. Looks through a bounded piece of the log.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- KEYS[3]  its streams
-- ARGV[1]  greatest age of events in milliseconds, 0 for any
-- ARGV[2]  stream
-- ARGV[3]  'after' an event of the stream, or 'since' a position of the log
-- ARGV[4]  the position
-- ARGV[5]  most events to return
-- ARGV[6]  most events to look at
-- ARGV[7]  most bytes to look at
-- returns  reader or nil, position, 1 when there is more or 0, message of the event of 'after' or nil, and of each event its
--          position and message; nil when the position is of no use
-- Whether a position comes before another; '' comes before all. Both numbers are compared as such: as text 10-0 comes before 9-0.
local function isBefore(a, b)
    if a == '' or b == '' then
        return a ~= b and a == ''
    end
    local aMs, aSeq = string.match(a, '^(%d+)%-(%d+)$')
    local bMs, bSeq = string.match(b, '^(%d+)%-(%d+)$')
    aMs, aSeq, bMs, bSeq = tonumber(aMs), tonumber(aSeq), tonumber(bMs), tonumber(bSeq)
    return aMs < bMs or (aMs == bMs and aSeq < bSeq)
end

local function msOf(position)
    return tonumber(string.match(position, '^%d+'))
end
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
local name, mode, at = ARGV[2], ARGV[3], ARGV[4]
local limit, maxLooked, maxBytes = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local stream = streamOf(name)
if not last or isTorn then
    return mode == 'since' and at == '' and { stream.reader or false, '', 0, false }
end
if tonumber(ARGV[1]) > 0 then
    expire(tonumber(ARGV[1]))
    saveLog()
end
if isBefore(at, stream.floor) then
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

local page = { stream.reader or false, at, 0, named }
local found, looked, size, isFull = 0, 0, 0, false
repeat
    local batch = entriesBehind(at, math.min(64, maxLooked - looked))
    for i = 1, #batch do
        local entry = entryOf(batch[i])
        at = entry.id
        looked = looked + 1
        size = size + #entry.m
        if entry.s == name then
            table.insert(page, entry.id)
            table.insert(page, entry.m)
            found = found + 1
        end
        isFull = found >= limit or looked >= maxLooked or size >= maxBytes
        if isFull then
            break
        end
    end
until isFull or #batch == 0
if isFull and #entriesBehind(at, 1) > 0 then
    page[2], page[3] = at, 1
else
    -- Behind the last that is there, others may have been trimmed.
    page[2] = isBefore(at, last) and last or at
end
return page`
};

/** `releaseStream-3.lua` */
export const releaseStream = {
    sha1: 'ce9a27e6240d2f79f82e5c4a3e033c1a9eeffa75',
    source: String.raw`-- A reader lets a stream go, and says how far it has passed it on. Never creates.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- KEYS[3]  its streams
-- ARGV[1]  stream
-- ARGV[2]  reader
-- ARGV[3]  position, '' for the very beginning
-- returns  0
-- Whether a position comes before another; '' comes before all. Both numbers are compared as such: as text 10-0 comes before 9-0.
local function isBefore(a, b)
    if a == '' or b == '' then
        return a ~= b and a == ''
    end
    local aMs, aSeq = string.match(a, '^(%d+)%-(%d+)$')
    local bMs, bSeq = string.match(b, '^(%d+)%-(%d+)$')
    aMs, aSeq, bMs, bSeq = tonumber(aMs), tonumber(aSeq), tonumber(bMs), tonumber(bSeq)
    return aMs < bMs or (aMs == bMs and aSeq < bSeq)
end

local function msOf(position)
    return tonumber(string.match(position, '^%d+'))
end
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
return 0`
};

/** `touchLog-3.lua` */
export const touchLog = {
    sha1: 'f94896b5244ea83b781d692ef57436384550f105',
    source: String.raw`-- Starts the time to live of a session's log anew. Never creates, and does not lengthen what is left of one that was dropped.
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
return 0`
};

/** `updateSession-1.lua` */
export const updateSession = {
    sha1: '3fe96c79efbf85fd2f33c252021190c65177a958',
    source: String.raw`-- Replaces a session's record if it exists and has the expected revision. Never creates.
-- KEYS[1]  the record
-- ARGV[1]  expected revision
-- ARGV[2]  new record
-- ARGV[3]  time to live in milliseconds
-- returns  1 when it was replaced, 0 when there is no record or another revision
local record = redis.call('GET', KEYS[1])
if not record or string.match(record, '^%d+:(%d+):') ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`
};
