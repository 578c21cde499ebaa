import type { BackendLogger } from './logger.js';

/** Says that a backend cannot be used: once for each outage, however often it is tried. */
export class OutageReport {
    private isOut = false;

    constructor(
        private readonly backend: string,
        private readonly logger: BackendLogger
    ) {}

    readonly failed = (error: Error): void => {
        if (!this.isOut) {
            this.isOut = true;
            this.logger.warn(`mcp-sessions: ${this.backend} cannot be used; it is tried again: ${reason(error)}`);
        }
    };

    readonly ready = (): void => {
        if (this.isOut) {
            this.isOut = false;
            this.logger.warn(`mcp-sessions: ${this.backend} can be used again`);
        }
    };
}

/** The first line of what an error says. Several addresses that were tried make an error without a message. */
export function reason(error: unknown): string {
    const { message, code, errors } = error as { message?: string; code?: string; errors?: readonly Error[] };
    return (message || errors?.[0]?.message || code || 'no reason given').split('\n', 1)[0] ?? '';
}
