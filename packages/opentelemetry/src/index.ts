export type { OpenTelemetryApi } from './api.js';
export { instrumentSessions, instrumentSessionsIfInstalled } from './instrumentSessions.js';
