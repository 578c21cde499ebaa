import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Starts the `redis-server` of this machine on a free port, in memory, and resolves with its URL when it listens. */
export async function startRedis(): Promise<string> {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    await new Promise(resolve => free.close(resolve));

    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const redis = spawn('redis-server', args, { stdio: 'ignore' });
    redis.once('error', () => {
        console.error('There is no redis-server here. Install it, or name one that runs: REDIS_URL=redis://127.0.0.1:6379 npm start');
        process.exit(1);
    });
    process.once('exit', () => redis.kill());
    while (!(await accepts(port))) {
        if (redis.exitCode !== null) throw new Error(`redis-server ended with ${redis.exitCode}`);
        await wait(20);
    }
    console.log(`redis-server on port ${port}`);
    return `redis://127.0.0.1:${port}`;
}

function accepts(port: number): Promise<boolean> {
    return new Promise(resolve => {
        const socket = connect(port, '127.0.0.1', () => resolve(true));
        socket.once('connect', () => socket.destroy()).once('error', () => resolve(false));
    });
}
