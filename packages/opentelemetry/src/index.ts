/**
 * Spans and metrics by `@opentelemetry/api`.
 *
 * @module @mcp-sessions/opentelemetry
 */

export type { OpenTelemetryApi } from './api.js';
export { instrumentSessions, instrumentSessionsIfInstalled } from './instrumentSessions.js';
