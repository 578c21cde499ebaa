-- Looks up what has come to some addresses. Removes nothing.
-- KEYS[…]  an address's mail
-- ARGV[1]  most messages of one address to return
-- ARGV[…]  of each address: behind which position to look, '$' for behind all
-- returns  of each address: the position up to which was looked, 1 when some before it were trimmed or 0, and the messages
-- include positions
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
return answers
