import { instrumentSessionsIfInstalled } from '@mcp-sessions/opentelemetry';

/** Begins to tell OpenTelemetry, where its API is installed, unless these options say no. What was begun is begun once. */
export function observe({ telemetry }: { telemetry?: boolean | undefined }): void {
    if (telemetry !== false) {
        void instrumentSessionsIfInstalled();
    }
}
