import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endChild, freePort, startChild, untilReady } from './child.mjs';
import { redisProgram } from './redis.mjs';

const SLOTS = 16_384;

/**
 * A Redis Cluster of our own on free ports of 127.0.0.1: so many masters without replicas, with the slots spread evenly.
 * Nothing of it is kept on disk beyond `stop`.
 */
export async function startRedisCluster({ masters = 3, say = () => undefined } = {}) {
    const program = redisProgram({ say });
    const nodes = [];
    try {
        for (let index = 0; index < masters; index++) nodes.push(await startNode(program));
        for (const [index, { port }] of nodes.entries()) {
            const [from, to] = [index, index + 1].map(part => Math.floor((part * SLOTS) / masters));
            await command(port, 'CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
            // Numbers that differ from the start spare the nodes an argument over them.
            await command(port, 'CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
            if (index > 0) await command(port, 'CLUSTER', 'MEET', '127.0.0.1', nodes[0].port, nodes[0].busPort);
        }
        for (const node of nodes) {
            if (!(await untilReady(() => knowsAll(node.port, masters), node.process))) {
                throw new Error(`The Redis Cluster did not come together: ${node.process.output()}`);
            }
        }
    } catch (error) {
        await stopAll(nodes);
        throw error;
    }
    say(`Redis Cluster: ${program}, ${masters} masters started on 127.0.0.1 for this run`);
    return {
        nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
        stop: () => stopAll(nodes)
    };
}

async function startNode(program) {
    for (let attempt = 1; ; attempt++) {
        const [port, busPort] = [await freePort(), await freePort()];
        const folder = mkdtempSync(join(tmpdir(), 'mcp-redis-'));
        const args = `--bind 127.0.0.1 --port ${port} --dir ${folder} --daemonize no --loglevel warning --appendonly no`.split(' ');
        args.push('--save', '', '--cluster-enabled', 'yes', '--cluster-port', `${busPort}`, '--cluster-node-timeout', '5000');
        const process = startChild(program, args, { folder });
        if (await untilReady(() => answers(port), process)) return { port, busPort, process, folder };
        await endChild(process, 'SIGKILL');
        rmSync(folder, { recursive: true, force: true });
        // Between the choice of free ports and their use somebody else may take them.
        if (attempt === 5) throw new Error(`redis-server did not start: ${process.output()}`);
    }
}

async function stopAll(nodes) {
    await Promise.all(nodes.map(({ process }) => endChild(process, 'SIGTERM')));
    nodes.forEach(({ folder }) => rmSync(folder, { recursive: true, force: true }));
}

async function knowsAll(port, masters) {
    const info = await command(port, 'CLUSTER', 'INFO').catch(() => '');
    return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${masters}`) && info.includes(`cluster_size:${masters}`);
}

async function answers(port) {
    return (await command(port, 'PING').catch(() => '')).startsWith('+PONG');
}

/** Sends one command and resolves with the reply as it stands on the wire; rejects when it is an error. */
function command(port, ...words) {
    return new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port });
        let reply = '';
        socket.setEncoding('utf8').setTimeout(2_000, () => socket.destroy(new Error('No answer')));
        socket.once('error', reject);
        socket.once('connect', () => socket.end(`${words.join(' ')}\r\n`));
        socket.on('data', chunk => (reply += chunk));
        socket.once('end', () => (reply.startsWith('-') ? reject(new Error(reply.slice(1).trim())) : resolve(reply)));
    });
}
