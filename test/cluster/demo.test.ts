import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/demo.sh', import.meta.url));
const run = async (...args: string[]) => (await promisify(execFile)('bash', [script, ...args])).stdout;

describe('the demo', () => {
    it('S2, D3, X1, X3, L2, L5, S10: the fork keeps its promise in front of the official client', async () => {
        const timeline = await run();
        expect(timeline).toMatch(/PASSED {2}(\d+) calls, \1 answered, 0 failed\. 1 session id from first to last\./);
        expect(timeline).toMatch(/Processes: 9 started, 0 left over\./);
        expect(timeline).toContain('heard 1 to 8, each once, and the result');
        expect(timeline).toContain('told by another node that its call is lost');
        expect(timeline).toContain('its handler was aborted');
        expect(timeline).toContain('know nothing of it any more: 404 404 404');
        expect(timeline).not.toContain('\u001b');
    }, 180_000);

    it('S2: the official SDK fails in the same script', async () => {
        const timeline = await run('--official');
        expect(timeline).toContain('FAILED, AS EXPECTED');
        expect(timeline).toContain('Bad Request: Server not initialized');
    }, 60_000);
});
