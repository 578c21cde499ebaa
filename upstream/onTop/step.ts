import { setTimeout as delay } from 'node:timers/promises';
import type { RedisServer } from '../../scripts/services.mjs';
import type { NodeProcess } from '../../test/support/nodeProcess.js';
import type { SteeredClient } from './steeredClient.js';

/** What a run has. */
export interface Stage {
    readonly one: NodeProcess;
    readonly two: NodeProcess;
    readonly redis: RedisServer;
    readonly session: SteeredClient;
}

/** One thing that is tried. */
export interface Step {
    readonly title: string;
    /** @returns what was seen; throws where that is not what must be. */
    run(stage: Stage): Promise<string>;
}

export const PING = JSON.stringify({ jsonrpc: '2.0', id: 'ping', method: 'ping' });

/** @param seen instead of what must be. */
export function expect(holds: boolean, seen: string): void {
    if (!holds) throw new Error(seen);
}

/** What the function gives as soon as that is something; gives up after ten seconds. */
export async function until<T>(look: () => T | Promise<T>): Promise<NonNullable<Exclude<T, false>>> {
    const end = performance.now() + 10_000;
    while (performance.now() < end) {
        const found = await look();
        if (found !== undefined && found !== null && found !== false) return found as NonNullable<Exclude<T, false>>;
        await delay(20);
    }
    throw new Error(`Not within ten seconds: ${look.toString().replace(/\s+/g, ' ')}`);
}
