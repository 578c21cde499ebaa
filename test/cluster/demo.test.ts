import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/demo.sh', import.meta.url));
const run = async (...args: string[]) => (await promisify(execFile)('bash', [script, ...args])).stdout;

describe('the demo', () => {
    it('S2, D3: the fork keeps its promise in front of the official client', async () => {
        const timeline = await run();
        expect(timeline).toMatch(/PASSED {2}(\d+) calls, \1 answered, 0 failed\. 1 session id from first to last\./);
        expect(timeline).toMatch(/Processes: 8 started, 0 left over\./);
        expect(timeline).not.toContain('\u001b');
    }, 180_000);

    it('S2: the official SDK fails in the same script', async () => {
        const timeline = await run('--official');
        expect(timeline).toContain('FAILED, AS EXPECTED');
        expect(timeline).toContain('Bad Request: Server not initialized');
    }, 60_000);
});
