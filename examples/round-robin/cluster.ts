import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { roundRobin } from './proxy.js';
import { startRedis } from './redis.js';

const redisUrl = process.env.REDIS_URL ?? (await startRedis());
const ports = new Map<string, number>();
const proxy = createServer(roundRobin(() => [...ports.values()]));

/** Starts a node, and starts it again whenever it ends, as an orchestrator does. */
function keepRunning(name: string): void {
    const node = fork('server.ts', { env: { ...process.env, REDIS_URL: redisUrl, NODE_NAME: name } });
    node.once('message', port => {
        ports.set(name, Number(port));
        console.log(`node ${name} on port ${Number(port)} (pid ${node.pid})`);
        if (ports.size === 3 && !proxy.listening) {
            proxy.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log('proxy', proxy.address()));
        }
    });
    node.once('exit', () => {
        ports.delete(name);
        keepRunning(name);
    });
}

for (const name of ['A', 'B', 'C']) keepRunning(name);
// The nodes end when this process does.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit());
