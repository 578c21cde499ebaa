/** Where is said what was decided and what went wrong; never with a URL, a token or a key. */
export interface BackendLogger {
    warn(message: string): void;
    info?(message: string): void;
}

/** Warnings alone, and on standard error: standard output belongs to servers that speak over stdio. */
export const consoleLogger: BackendLogger = { warn: message => globalThis.console.warn(message) };
