import type { Environment } from './choice.js';

/** The variables of this process; none where there is no such thing. */
export function environment(): Environment {
    return (globalThis as { process?: { env?: Environment } }).process?.env ?? {};
}

export function isProduction(env: Environment): boolean {
    return env['NODE_ENV']?.trim().toLowerCase() === 'production';
}
