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
