// Plays random schedules from the command line:
//   node --import ./scripts/typescript.mjs test/histories/main.ts --count 1000 --seed 7 [--lanes 3]

import { parseArgs } from 'node:util';
import { openRedis } from '../../scripts/services.mjs';
import { buildFork } from '../cluster/support/build.js';
import { runMany } from './runMany.js';
import { show } from './show.js';

const { values } = parseArgs({
    options: { count: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' }, lanes: { type: 'string', default: '3' } }
});
const [count, seed, lanes] = [values.count, values.seed, values.lanes].map(Number) as [number, number, number];

await buildFork();
const redis = await openRedis();
const begun = performance.now();
let played = 0;
try {
    const { failures, tally } = await runMany({
        redisUrl: redis.url,
        count,
        seed,
        lanes,
        onplayed: () => {
            if (++played % 50 === 0) console.log(`${played} of ${count}, ${((performance.now() - begun) / 1000).toFixed()} s`);
        }
    });
    for (const failure of failures) console.log(`${show(failure)}\n`);
    console.log(JSON.stringify(tally));
    console.log(`${played} schedules from seed ${seed}: ${failures.length === 0 ? 'nothing wrong' : `${failures.length} failed`}`);
    process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
    await redis.stop();
}
