// #region instrument
import * as api from '@opentelemetry/api';
import { instrumentSessions } from '@mcp-sessions/opentelemetry';

instrumentSessions(api);
// #endregion instrument
