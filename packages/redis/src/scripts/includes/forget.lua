-- What is kept of streams and of calls must not gather for as long as the session lives. When there is much, this forgets calls,
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
end
