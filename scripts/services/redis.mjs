import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepts, endChild, freePort, startChild, untilReady } from './child.mjs';
import { findProgram, installPackage } from './install.mjs';

const silent = () => undefined;

/**
 * A real Redis: the one that REDIS_URL names; else a private one from the `redis-server` of this machine, which is
 * installed if need be. It says in one line which of these it was.
 */
export async function openRedis({ say = console.log } = {}) {
    const given = process.env.REDIS_URL;
    if (!given) return startPrivateRedis({ say });
    const { hostname, port } = new URL(given);
    const place = `${hostname}:${port || 6379}`;
    if (!(await accepts(hostname, Number(port || 6379)))) {
        throw new Error(`REDIS_URL names ${place}, where nothing answers. Start it, or unset REDIS_URL to have one started.`);
    }
    say(`Redis: the one that REDIS_URL names, ${place}`);
    return { url: given, isPrivate: false, stop: async () => undefined };
}

/** The path of `redis-server`, installed if need be. */
export function redisProgram({ say = console.log } = {}) {
    const found = findProgram('redis-server');
    if (found !== undefined) return found;
    installPackage('redis-server', { service: 'Redis', envName: 'REDIS_URL', say });
    const installed = findProgram('redis-server', ['/usr/bin']);
    if (installed === undefined) throw new Error('The package redis-server was installed, but there is no redis-server on PATH.');
    return installed;
}

/**
 * A Redis of our own on a free port of 127.0.0.1, in a folder of its own.
 * With `persistent` it keeps every acknowledged write through `halt`, `kill` and `start`.
 */
export async function startPrivateRedis({ persistent = false, say = silent } = {}) {
    const program = redisProgram({ say });
    const server = new PrivateRedis(program, persistent);
    await server.start();
    say(`Redis: ${program}, started on 127.0.0.1:${server.port} for this run`);
    return server;
}

class PrivateRedis {
    isPrivate = true;
    #program;
    #persistent;
    #folder = mkdtempSync(join(tmpdir(), 'mcp-redis-'));
    #process;

    constructor(program, persistent) {
        this.#program = program;
        this.#persistent = persistent;
    }

    get url() {
        return `redis://127.0.0.1:${this.port}`;
    }

    get pid() {
        return this.#process?.pid;
    }

    /** Starts it, or starts it again on the same port. */
    async start() {
        if (this.#process?.isRunning()) return;
        const first = this.port === undefined;
        for (let attempt = 1; ; attempt++) {
            if (first) this.port = await freePort();
            const args = `--bind 127.0.0.1 --port ${this.port} --dir ${this.#folder} --daemonize no --loglevel warning`.split(' ');
            args.push('--save', '', '--appendonly', this.#persistent ? 'yes' : 'no', '--appendfsync', 'always');
            this.#process = startChild(this.#program, args, { folder: this.#folder });
            if (await untilReady(() => answersPing(this.port), this.#process)) return;
            await endChild(this.#process, 'SIGKILL');
            // Between the choice of a free port and its use somebody else may take it.
            if (!first || attempt === 5) {
                rmSync(this.#folder, { recursive: true, force: true });
                throw new Error(`redis-server did not start: ${this.#process.output()}`);
            }
        }
    }

    /** Ends the process and keeps the folder, so that `start` goes on with the data of a persistent one. */
    async halt() {
        this.resume();
        await endChild(this.#process, 'SIGTERM');
    }

    async kill() {
        await endChild(this.#process, 'SIGKILL');
    }

    /** The process hangs: connections stay open, nothing is answered. */
    pause() {
        this.#process.kill('SIGSTOP');
    }

    resume() {
        this.#process.kill('SIGCONT');
    }

    /** Ends it for good. May be called twice. */
    async stop() {
        await this.halt();
        rmSync(this.#folder, { recursive: true, force: true });
    }
}

function answersPing(port) {
    return new Promise(resolve => {
        const socket = connect({ host: '127.0.0.1', port });
        const done = answer => {
            socket.destroy();
            resolve(answer);
        };
        socket.setTimeout(1_000, () => done(false));
        socket.once('error', () => done(false));
        socket.once('connect', () => socket.write('PING\r\n'));
        socket.once('data', reply => done(reply.toString().startsWith('+PONG')));
    });
}
