import type * as api from '@opentelemetry/api';

/** What `import * as api from '@opentelemetry/api'` gives. */
export type OpenTelemetryApi = typeof api;

/** The API, if it is installed. */
export async function installedApi(): Promise<OpenTelemetryApi | undefined> {
    try {
        // In a `try` and with a literal name: so bundlers take it in where it is installed, and do not fail where it is not.
        return await import('@opentelemetry/api');
    } catch {
        return undefined;
    }
}
