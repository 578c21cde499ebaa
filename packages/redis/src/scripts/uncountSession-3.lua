-- Counts a session no longer.
-- KEYS[1…3] see includes/caps.lua
-- ARGV[1]  session
-- returns  0
-- include caps
uncount(ARGV[1])
return 0
