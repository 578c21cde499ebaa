const core = require('@mcp-sessions/core');
const kit = require('@mcp-sessions/testkit');
const declare = require('./declare.cjs');

/* global describe, it */
declare(kit, core, { describe, it });
