import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AbandonedHeap } from './support/abandoning.js';
import type { Backend } from './support/backends/backend.js';
import { backends } from './support/backends/kinds.js';
import { Fixture } from './support/fixture.js';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const script = file('./support/abandoning.ts');
const execArgv = ['../../scripts/typescript.mjs', '../support/onSources.mjs'].flatMap(path => ['--import', file(path)]);

/** `ABANDONED_SESSIONS=100000` has as many begun everywhere. */
const { ABANDONED_SESSIONS } = process.env;
const sizeOf = (usual: number) => Number(ABANDONED_SESSIONS ?? usual);

/** For what a process keeps however many sessions there are: code, connections, the names that it saw last. */
const TOLERANCE = 3 * 1024 * 1024;

async function abandon(kind: string, sessions: number, env: Record<string, string> = {}): Promise<void> {
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', ...execArgv, script], {
        env: { ...process.env, ...env, KIND: kind, BACKEND: 'whole', SESSIONS: String(sessions) }
    });
    const { before, after, errors } = JSON.parse(stdout) as AbandonedHeap;
    expect(errors).toEqual([]);
    expect(after - before).toBeLessThan(TOLERANCE);
}

describe('the heap of a node whose clients abandon their sessions', { timeout: Math.max(240_000, 5 * sizeOf(0)) }, () => {
    it(`B1: is as before when ${sizeOf(100_000)} in memory mode have come and gone`, () => abandon('memory mode', sizeOf(100_000)));

    it(`B1: is as before when ${sizeOf(5000)} on the memory backend have come and gone`, () => abandon('memory backend', sizeOf(5000)));

    describe.each(backends.map(kind => ({ kind, name: kind.name, sessions: sizeOf(kind.name === 'Upstash' ? 500 : 2000) })))(
        'on $name',
        ({ kind, sessions }) => {
            let backend: Backend;
            beforeAll(async () => {
                backend = await kind.open();
            });
            afterAll(() => backend.close());

            it(`B1: is as before when ${sessions} have come and gone, and so is the store after their time`, async () => {
                const seen: number[] = [];
                const immortal = new Set<string>();
                let isOver = false;
                const looking = (async () => {
                    while (!isOver) {
                        const kept = await backend.kept();
                        seen.push(kept.records);
                        kept.immortal.forEach(name => immortal.add(name));
                        await new Promise(resolve => setTimeout(resolve, 500));
                    }
                })();
                try {
                    await abandon(kind.name, sessions, { ...backend.env, WARM_UP: '200', TTL_SECONDS: '10' });
                } finally {
                    isOver = true;
                    await looking;
                }
                expect(Math.max(...seen)).toBeGreaterThan(100);
                const isEmpty = async () => {
                    await backend.sweep();
                    const { records, logs } = await backend.kept();
                    return records + logs === 0;
                };
                await Fixture.until('nothing of them is left', isEmpty, 60_000);
                expect([...immortal]).toEqual([]);
            });
        }
    );
});
