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
