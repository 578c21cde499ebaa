import * as core from '@mcp-sessions/core';
import * as kit from '@mcp-sessions/testkit';
import { describe, it } from 'vitest';
import declare from './declare.cjs';

declare(kit, core, { describe, it });
