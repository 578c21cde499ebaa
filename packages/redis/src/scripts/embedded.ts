// Made by scripts/embedLua.mjs from the .lua files beside it. Do not edit: change those, and run `npm run embed`.

/** `includes/lock.lua` */
const lock = String.raw`-- KEYS[1]  the lock, a hash: holder, until (milliseconds) and token of its last grant
local lock = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local holder, untilMs, token = unpack(redis.call('HMGET', lock, 'holder', 'until', 'token'))
if holder and tonumber(untilMs or 0) <= now then
    holder = false
end

-- The last token is known for this much longer than the lock is held. After that the clock has gone on by more than enough.
local remembered = 3600000

local function holdFor(leaseMs)
    -- A life that Redis refuses would leave a key without one.
    leaseMs = math.min(leaseMs, 1e15)
    redis.call('HSET', lock, 'until', string.format('%.0f', now + leaseMs))
    redis.call('PEXPIRE', lock, string.format('%.0f', leaseMs + remembered))
end`;

/** `includes/positions.lua` */
const positions = String.raw`-- Whether a position comes before another; '' comes before all. Both numbers are compared as such: as text 10-0 comes before 9-0.
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
end`;

/** `includes/log.lua` */
const log = String.raw`${positions}
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
end`;

/** `includes/forget.lua` */
const forget = String.raw`-- What is kept of streams and of calls must not gather for as long as the session lives. When there is much, this forgets calls,
-- which were answered long since, and the streams that were left longest ago, first of all those that nobody reads.
local function forgetOld()
    if records <= most then
        return
    end
    local old = {}
    local all = redis.call('HGETALL', state)
    records = 0
    for i = 1, #all, 2 do
        local kind, name = string.sub(all[i], 1, 2), string.sub(all[i], 3)
        if kind == 'a:' then
            unset(all[i])
        elseif kind == 's:' then
            records = records + 1
            known[all[i]] = all[i + 1]
            if (streamOf(name).undelivered or 0) == 0 then
                old[#old + 1] = name
            end
        end
    end
    table.sort(old, function(a, b)
        a, b = streamOf(a), streamOf(b)
        if (a.reader == nil) ~= (b.reader == nil) then
            return a.reader == nil
        end
        return (a.at or 0) < (b.at or 0)
    end)
    for i = 1, #old - 1024 do
        local stream = streamOf(old[i])
        stream.reader, stream.delivered = nil, nil
        saveStream(old[i])
    end
    set('most', math.max(2048, 2 * records))
end`;

/** `includes/caps.lua` */
const caps = String.raw`-- The sessions that are counted against caps, in three hashes and sets that are there all or none.
-- KEYS[1]  sorted set: until when each session is counted, in milliseconds
-- KEYS[2]  hash: of each session whose it is, '' for nobody's
-- KEYS[3]  hash: how many sessions each of these has
local ends, owners, counts = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Redis may have evicted one of them, and then the others are of no use. Sessions are counted again as they are used.
local present = redis.call('EXISTS', ends, owners, counts)
if present > 0 and present < 3 then
    redis.call('UNLINK', ends, owners, counts)
end

local function uncount(session)
    local owner = redis.call('HGET', owners, session)
    redis.call('ZREM', ends, session)
    if owner then
        redis.call('HDEL', owners, session)
        if redis.call('HINCRBY', counts, owner, -1) <= 0 then
            redis.call('HDEL', counts, owner)
        end
    end
end

-- Sessions that are over are forgotten, some at a time. False when there were none.
local function sweep()
    local over = redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 200)
    for _, session in ipairs(over) do
        uncount(session)
    end
    return #over > 0
end

local function endOf(session)
    return tonumber(redis.call('ZSCORE', ends, session) or nil)
end

-- Counts a session until then at least, and keeps the keys for as long as any is counted.
local function countUntil(session, untilMs)
    if untilMs > (endOf(session) or 0) then
        redis.call('ZADD', ends, string.format('%.0f', untilMs), session)
    end
    for _, key in ipairs(KEYS) do
        if redis.call('PTTL', key) < untilMs - now then
            redis.call('PEXPIREAT', key, string.format('%.0f', untilMs))
        end
    end
end`;

/** `acquireLock-1.lua` */
export const acquireLock = {
    sha1: '6dc8f5e9dcb9194282ec5971b6dbff9fde5e8d7d',
    source: String.raw`-- Takes a lock if nobody holds it. Who holds it already keeps it, with the same token.
-- KEYS[1]  see includes/lock.lua
-- ARGV[1]  who takes it
-- ARGV[2]  for how long, in milliseconds
-- returns  its token, in digits, or nil when another holds it
${lock}
if holder and holder ~= ARGV[1] then
    return false
end
if not holder then
    -- Microseconds, so that tokens grow also when the last one is forgotten; by one where the clock was set back.
    local clock = time[1] * 1000000 + time[2]
    token = string.format('%.0f', math.max(tonumber(token or 0) + 1, clock))
    redis.call('HSET', lock, 'holder', ARGV[1], 'token', token)
end
holdFor(tonumber(ARGV[2]))
return token`
};

/** `appendEvents-2.lua` */
export const appendEvents = {
    sha1: 'f0f314823f93312011974621736f5e36da9b6160',
    source: String.raw`-- Appends events to a session's log, each at its end, and after each trims the log to its bounds.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- ARGV[1]  time to live in milliseconds
-- ARGV[2]  most events
-- ARGV[3]  most bytes
-- ARGV[4]  greatest age in milliseconds, 0 for any
-- ARGV[5]  who appends
-- ARGV[6]  names this call, by numbers that grow, with digits to 36: a client whose connection broke sends it again, and it must
--          not be done again; nor must one be done that arrives after a later one of its caller, who has given it up
-- ARGV[7…] of each event: stream, message, kind ('0', '1' for a final response, '2' for one that nobody has seen), and the
--          request that it answers
-- returns  for each event its position, or nil where it was not appended
${log}
${forget}
local caller = 'a:' .. ARGV[5]
local needed = { caller }
for i = 7, #ARGV, 4 do
    if ARGV[i + 2] ~= '0' then
        needed[#needed + 1] = finalField(ARGV[i], ARGV[i + 3])
    end
end
openState(needed)

local positions = {}
local done = known[caller]
local number = done and string.match(done, '^%w+')
local isLate = number and tonumber(ARGV[6], 36) < tonumber(number, 36)
if dropped or isLate then
    for i = 7, #ARGV, 4 do
        positions[#positions + 1] = false
    end
    return positions
end
if number == ARGV[6] then
    for position in string.gmatch(string.sub(done, #number + 2), '%S+') do
        positions[#positions + 1] = position ~= '-' and position
    end
    return positions
end
if not last and redis.call('XLEN', log) > 0 then
    beginAnew()
end

expire(tonumber(ARGV[4]))
local maxEvents, maxBytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local answer = { ARGV[6] }
for i = 7, #ARGV, 4 do
    local name, message, kind, finalOf = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
    local final = kind ~= '0' and finalField(name, finalOf)
    if final and not removals[final] and (known[final] or sets[final]) then
        positions[#positions + 1] = false
    else
        local fields = { 's', name, 'm', message }
        if final then
            fields[5], fields[6] = 'f', finalOf
        end
        if kind == '2' then
            fields[7], fields[8] = 'u', '1'
        end
        local id = last and redis.call('XADD', log, 'NOMKSTREAM', '*', unpack(fields))
        if not id then
            if last then
                beginAnew()
            end
            id = redis.call('XADD', log, '*', unpack(fields))
            first = id
        end
        last = id
        count = count + 1
        bytes = bytes + #message
        if final then
            set(final, '1')
        end
        if kind == '2' then
            streamOf(name).undelivered = (streamOf(name).undelivered or 0) + 1
            saveStream(name, msOf(id))
        end
        trim(maxEvents, maxBytes)
        positions[#positions + 1] = id
    end
    answer[#answer + 1] = positions[#positions] or '-'
end
records = records + (done and 0 or 1)
forgetOld()
set(caller, table.concat(answer, ' '))
saveState()
liveOn(ARGV[1])
return positions`
};

/** `claimStream-2.lua` */
export const claimStream = {
    sha1: 'f0ddd98fd6d2bcc6c5263719e7de69e54618020a',
    source: String.raw`-- Makes somebody the one who reads a stream.
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
${log}
${forget}
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
return answer`
};

/** `collectMail-n.lua` */
export const collectMail = {
    sha1: 'e5df5329880018eea3ab82007829840f439fdd8a',
    source: String.raw`-- Looks up what has come to some addresses. Removes nothing.
-- KEYS[…]  an address's mail
-- ARGV[1]  most messages of one address to return
-- ARGV[…]  of each address: behind which position to look, '$' for behind all
-- returns  of each address: the position up to which was looked, 1 when some before it were trimmed or 0, and the messages
${positions}
local answers = {}
for i, key in ipairs(KEYS) do
    local at = ARGV[i + 1]
    local newest = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
    if at == '$' then
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

/** `countSession-3.lua` */
export const countSession = {
    sha1: 'ed9c79679a655984b1ee1d0c237413b98dec9b9d',
    source: String.raw`-- Counts a session against caps, if they allow one more. One that is counted already stays so.
-- KEYS[1…3] see includes/caps.lua
-- ARGV[1]  session
-- ARGV[2]  whose it is, '' for nobody's
-- ARGV[3]  for how long, in milliseconds
-- ARGV[4]  most sessions, '' for any number
-- ARGV[5]  most sessions of one owner, '' for any number
-- returns  1 when it is counted, 0 when there are as many as there may be
${caps}
local session, owner = ARGV[1], ARGV[2]
local most, mostOfOne = tonumber(ARGV[4]), owner ~= '' and tonumber(ARGV[5])
local isOver = sweep()
local known = endOf(session)
while not known do
    local isFull = (most and redis.call('ZCARD', ends) >= most)
        or (mostOfOne and tonumber(redis.call('HGET', counts, owner) or 0) >= mostOfOne)
    if not isFull then
        break
    end
    -- Some that are over may be left.
    isOver = isOver and sweep()
    if not isOver then
        return 0
    end
end
if not known then
    redis.call('HSET', owners, session, owner)
    redis.call('HINCRBY', counts, owner, 1)
end
countUntil(session, now + ARGV[3])
return 1`
};

/** `dropLog-2.lua` */
export const dropLog = {
    sha1: 'a19a05b9c0ca745c7a80086bd03a62e1e6792387',
    source: String.raw`-- Removes all that is kept of a session's log, and leaves a mark for a while by which appends that come late are refused.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- ARGV[1]  life of the mark in milliseconds
-- returns  0
redis.call('UNLINK', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[2], 'dropped', '1')
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 0`
};

/** `extendSession-3.lua` */
export const extendSession = {
    sha1: 'c12dd423209d32cfcc20af7cbcc0647ab74db33d',
    source: String.raw`-- Counts a session for longer. Never begins to count one.
-- KEYS[1…3] see includes/caps.lua
-- ARGV[1]  session
-- ARGV[2]  for how long, in milliseconds
-- returns  1, or 0 when it is not counted
${caps}
if not endOf(ARGV[1]) then
    return 0
end
countUntil(ARGV[1], now + ARGV[2])
return 1`
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

/** `readStream-2.lua` */
export const readStream = {
    sha1: 'a0bda81e53cfb78dbab3d37026e785d063c2bdbe',
    source: String.raw`-- Reads on in one stream of a session's log. Looks through a bounded piece of the log.
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
${log}
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
return page`
};

/** `releaseLock-1.lua` */
export const releaseLock = {
    sha1: '840e9212026c13bac009dbc014363a5f1ef4af4e',
    source: String.raw`-- Lets a lock go.
-- KEYS[1]  see includes/lock.lua
-- ARGV[1]  who holds it
-- returns  1, or 0 when it is not held by that one
${lock}
if holder ~= ARGV[1] then
    return 0
end
redis.call('HDEL', lock, 'holder', 'until')
redis.call('PEXPIRE', lock, remembered)
return 1`
};

/** `releaseStream-2.lua` */
export const releaseStream = {
    sha1: 'e87f8aa7e12e911aff3356d95ca19a8bd2f1d64c',
    source: String.raw`-- A reader lets a stream go, and says how far it has passed it on. Never creates.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- ARGV[1]  stream
-- ARGV[2]  reader
-- ARGV[3]  position, '' for the very beginning
-- returns  0
${log}
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
return 0`
};

/** `renewLock-1.lua` */
export const renewLock = {
    sha1: '8ff99bbf63395d3406ee7309ebeafed0d3c76ae2',
    source: String.raw`-- Starts the lease of a lock anew.
-- KEYS[1]  see includes/lock.lua
-- ARGV[1]  who holds it
-- ARGV[2]  for how long, in milliseconds
-- returns  1, or 0 when it is not held by that one
${lock}
if holder ~= ARGV[1] then
    return 0
end
holdFor(tonumber(ARGV[2]))
return 1`
};

/** `touchLog-2.lua` */
export const touchLog = {
    sha1: '1d06efbcf42f2ee489f3a314cd5394119ac8f6a7',
    source: String.raw`-- Starts the time to live of a session's log anew. Never creates, and does not lengthen what is left of one that was dropped.
-- KEYS[1]  the log
-- KEYS[2]  its state
-- ARGV[1]  time to live in milliseconds
-- returns  the position of the last event that ever was, '' for none
if redis.call('HEXISTS', KEYS[2], 'dropped') == 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    redis.call('PEXPIRE', KEYS[2], ARGV[1])
end
return redis.call('HGET', KEYS[2], 'last') or ''`
};

/** `uncountSession-3.lua` */
export const uncountSession = {
    sha1: 'feb507b56e6f7005aefbe7383fd9df6e4a18db2f',
    source: String.raw`-- Counts a session no longer.
-- KEYS[1…3] see includes/caps.lua
-- ARGV[1]  session
-- returns  0
${caps}
uncount(ARGV[1])
return 0`
};

/** `updateSession-1.lua` */
export const updateSession = {
    sha1: 'c5b5151893dbd282699bb320fa2efedbbdf3ddd2',
    source: String.raw`-- Replaces a session's record if it exists and has the expected revision. Never creates.
-- KEYS[1]  the record
-- ARGV[1]  expected revision
-- ARGV[2]  new record
-- ARGV[3]  time to live in milliseconds
-- returns  1 when it was replaced, 0 when there is no record or another revision
-- Of a key of another type it is an error, and no record.
local record = redis.pcall('GET', KEYS[1])
if type(record) ~= 'string' or string.match(record, '^%d+:(%d+):') ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`
};
