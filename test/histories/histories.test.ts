import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedis, type Service } from '../../scripts/services.mjs';
import { buildFork } from '../cluster/support/build.js';
import { runMany } from './runMany.js';
import { show } from './show.js';

const count = Number(process.env.HISTORIES ?? 200);
const seed = Number(process.env.HISTORIES_SEED ?? 1);

let redis: Service;

beforeAll(async () => {
    await buildFork();
    redis = await openRedis();
});
afterAll(() => redis.stop());

describe(`${count} random schedules on three nodes, from seed ${seed}`, () => {
    it('X1, X2, X5, X6, X9, X10, L1, L2, L3, L4, L5, L6, L7, S10, F3: nothing in their histories contradicts a guarantee', async () => {
        const { failures, tally } = await runMany({ redisUrl: redis.url, count, seed, lanes: 3 });
        console.log(JSON.stringify(tally));
        expect(failures.map(show).join('\n\n')).toBe('');
    }, 1_200_000);
});
