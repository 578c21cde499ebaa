// #region name
import { createRedisBackend, createSessionHandler } from '@mcp-sessions/sdk/server';
// #endregion name

export const imported = { createRedisBackend, createSessionHandler };
