-- Appends events to a session's log, each at its end, and after each trims the log to its bounds.
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
-- include log
-- include forget
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
return positions
