// #region subscribe
import { subscribe } from 'node:diagnostics_channel';
// #endregion subscribe
import type { DiagnosticEvents } from '@mcp-sessions/sdk/server';

// #region subscribe
subscribe('mcp-sessions:session-restored', event => {
    const { session, durationMs } = event as DiagnosticEvents['session-restored'];
    console.log(`session ${session} goes on here, after ${Math.round(durationMs)} ms`);
});
// #endregion subscribe
