import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SessionBackendOptions } from '@mcp-sessions/backends';
import { CliError } from '../exitCodes.js';

/** One that serves sessions. */
export interface DemoNode {
    readonly name: string;
    readonly url: string;
    /** Of a process of its own. */
    readonly pid: number | undefined;
    /** `kill -9`, where it is a process of its own. */
    end(): Promise<void>;
}

// As it is in the package, and in the sources.
const script = new URL(import.meta.url.endsWith('.ts') ? './node.ts' : './node.js', import.meta.url);

/** Starts a process that serves sessions of a backend. */
export async function startNode(name: string, options: SessionBackendOptions): Promise<DemoNode> {
    const child = fork(script, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.send(options);
    const port = await Promise.race([
        once(child, 'message').then(([message]) => Number(message)),
        once(child, 'exit').then(() => undefined)
    ]);
    if (port === undefined) {
        throw new CliError(`Node ${name} did not start: ${said.trim().split('\n', 1)[0]}`);
    }
    return { name, url: `http://127.0.0.1:${port}/mcp`, pid: child.pid, end: () => kill(child) };
}

/** The same in this process and its memory. */
export async function startMemoryNode(name: string): Promise<DemoNode> {
    const [{ createSessionHandler, createMemoryBackend }, { demoServer }] = await Promise.all([
        import('@mcp-sessions/core'),
        import('./tools.js')
    ]);
    const sessions = createSessionHandler(demoServer, { backend: createMemoryBackend(), logger: { warn: () => undefined } });
    const server = createServer((req, res) => void sessions.node(req, res));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const end = async () => {
        await sessions.close();
        server.closeAllConnections();
        await new Promise(resolve => server.close(resolve));
    };
    return { name, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, pid: undefined, end };
}

async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
    }
}
