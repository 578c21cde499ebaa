-- Counts a session for longer. Never begins to count one.
-- KEYS[1…3] see includes/caps.lua
-- ARGV[1]  session
-- ARGV[2]  for how long, in milliseconds
-- returns  1, or 0 when it is not counted
-- include caps
if not endOf(ARGV[1]) then
    return 0
end
countUntil(ARGV[1], now + ARGV[2])
return 1
