import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endChild, freePort, startChild } from '../../../scripts/services.mjs';
import { Fixture } from '../../cluster/support/fixture.js';
import { haproxyProgram } from './haproxyProgram.mjs';

export interface HAProxy {
    url: string;
    stop(): Promise<void>;
}

/** Starts HAProxy with a configuration in which host names stand, which are replaced by ports of 127.0.0.1. */
export async function startHAProxy(config: string, ports: Record<string, number>): Promise<HAProxy> {
    const program = haproxyProgram();
    const folder = await mkdtemp(join(tmpdir(), 'mcp-sessions-haproxy-'));
    const file = join(folder, 'haproxy.cfg');
    const port = await freePort();
    const text = Object.entries(ports).reduce(
        (changed, [name, target]) => changed.replace(` ${name}:3000`, ` 127.0.0.1:${target}`),
        (await readFile(config, 'utf8')).replace('bind :3000', `bind 127.0.0.1:${port}`)
    );
    await writeFile(file, text);
    await promisify(execFile)(program, ['-c', '-f', file]);
    const started = startChild(program, ['-db', '-f', file], { folder });
    await Fixture.until(`HAProxy listens: ${started.output()}`, () => accepts(port), 30_000);
    return {
        url: `http://127.0.0.1:${port}/mcp`,
        async stop() {
            await endChild(started, 'SIGKILL');
            await rm(folder, { recursive: true, force: true });
        }
    };
}

function accepts(port: number): Promise<boolean> {
    return new Promise(resolve => {
        const socket = connect(port, '127.0.0.1', () => resolve(true));
        socket.once('connect', () => socket.destroy()).once('error', () => resolve(false));
    });
}
