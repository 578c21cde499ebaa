import { SessionError } from '@mcp-sessions/core';
import type { BackendKind, Named } from './choice.js';

// Each in a `try` and with a literal name: so bundlers take in what is installed, and do not fail on what is not.

async function ioredis() {
    try {
        return await import('ioredis');
    } catch (error) {
        return absent(error, 'ioredis');
    }
}

async function redis() {
    try {
        return await import('redis');
    } catch (error) {
        return absent(error, 'redis');
    }
}

async function pg() {
    try {
        return await import('pg');
    } catch (error) {
        return absent(error, 'pg');
    }
}

async function upstashRedis() {
    try {
        return await import('@upstash/redis');
    } catch (error) {
        return absent(error, '@upstash/redis');
    }
}

async function vercelKv() {
    try {
        return await import('@vercel/kv');
    } catch (error) {
        return absent(error, '@vercel/kv');
    }
}

/** Loads the drivers that can be installed; undefined for one that is not. What fails otherwise is thrown. */
export const loadDriver = { ioredis, redis, pg, '@upstash/redis': upstashRedis, '@vercel/kv': vercelKv };

export type DriverName = keyof typeof loadDriver;

const titles = { redis: 'Redis', postgres: 'Postgres', upstash: 'Upstash' };

/** Says what to install, or what else to take: platforms set variables for several backends at once. */
export function noDriver(
    kind: Exclude<BackendKind, 'memory'>,
    { namedBy, ignored = [] }: Named,
    wanted: DriverName,
    alternative?: DriverName
): SessionError {
    const or = alternative === undefined ? '' : ` (or: npm install ${alternative})`;
    const other = ignored.find(variable => variable.kind !== kind);
    const instead = other ? `. Or give createSessionBackend \`kind: '${other.kind}'\`, to take what ${other.name} names` : '';
    return new SessionError(
        'CONFIGURATION',
        `${namedBy} names ${titles[kind]}, whose driver is not installed. Run: npm install ${wanted}${or}${instead}`
    );
}

/** Nothing for the package itself; another module that is missing is a broken installation. */
function absent(error: unknown, name: DriverName): undefined {
    const { code, message } = error as { code?: unknown; message?: unknown };
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    if (isMissing && String(message).includes(`'${name}'`)) {
        return undefined;
    }
    throw error;
}
