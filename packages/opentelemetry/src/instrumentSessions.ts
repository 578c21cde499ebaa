import { installInstrumentation, isInstrumented } from '@mcp-sessions/core';
import { installedApi, type OpenTelemetryApi } from './api.js';
import { OpenTelemetry } from './openTelemetry.js';

let asked: Promise<boolean> | undefined;

/**
 * Has the MCP sessions of this process measured, from the next request on: spans and metrics go to what is registered with the
 * API, now or later. A second call takes the place of the first. Returns how to end it.
 *
 * ```ts
 * import * as api from '@opentelemetry/api';
 * instrumentSessions(api);
 * ```
 */
export function instrumentSessions(api: OpenTelemetryApi): () => void {
    return installInstrumentation(new OpenTelemetry(api));
}

/**
 * The same with the `@opentelemetry/api` that is installed, at most once per process; false where there is none. Does nothing
 * where the process is instrumented already. Never rejects.
 */
export function instrumentSessionsIfInstalled(): Promise<boolean> {
    asked ??= installedApi().then(api => {
        if (api && !isInstrumented()) {
            instrumentSessions(api);
        }
        return api !== undefined;
    });
    return asked;
}
