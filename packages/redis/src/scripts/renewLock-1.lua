-- Starts the lease of a lock anew.
-- KEYS[1]  see includes/lock.lua
-- ARGV[1]  who holds it
-- ARGV[2]  for how long, in milliseconds
-- returns  1, or 0 when it is not held by that one
-- include lock
if holder ~= ARGV[1] then
    return 0
end
holdFor(tonumber(ARGV[2]))
return 1
