import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endChild, freePort, startChild, untilReady } from './child.mjs';

/**
 * One Postgres of ours on a free port of 127.0.0.1, in a folder of its own, without a password. It keeps port and folder
 * through `halt`, `kill` and `start`, so that it goes on with what it wrote to disk.
 */
export class PostgresProcess {
    #programs;
    #settings;
    #owner = unprivilegedUser();
    #process;
    #paused = [];
    folder = mkdtempSync(join(tmpdir(), 'mcp-postgres-'));

    /**
     * @param programs the folder of `postgres` and `initdb`.
     * @param settings what a postgresql.conf would hold, by name.
     */
    constructor(programs, settings = {}) {
        this.#programs = programs;
        this.#settings = settings;
    }

    get url() {
        return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
    }

    get pid() {
        return this.#process?.pid;
    }

    get isRunning() {
        return this.#process?.isRunning() ?? false;
    }

    /** Starts it, or starts it again on the same port. Resolves when it answers and has recovered what it had on disk. */
    async start() {
        if (this.isRunning) return;
        const first = this.port === undefined;
        if (first) this.#makeCluster();
        const own = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };
        const settings = Object.entries({ ...own, ...this.#settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
        for (let attempt = 1; ; attempt++) {
            if (first) this.port = await freePort();
            // SIGQUIT has the server end its own children as well.
            this.#process = startChild(join(this.#programs, 'postgres'), ['-D', this.#data, '-p', String(this.port), ...settings], {
                spawnOptions: this.#spawnOptions,
                orphanSignal: 'QUIT',
                folder: this.folder
            });
            if (await untilReady(() => isReady(this.port), this.#process)) return;
            await endChild(this.#process, 'SIGKILL');
            // Between the choice of a free port and its use somebody else may take it; and who was killed may still be there.
            if (attempt === 5) {
                rmSync(this.folder, { recursive: true, force: true });
                throw new Error(`postgres did not start: ${this.#process.output()}`);
            }
            await new Promise(resolve => setTimeout(resolve, 200));
        }
    }

    /** Ends it as for a restart: connections are closed, and all is on disk. */
    async halt() {
        this.resume();
        await endChild(this.#process, 'SIGINT', 20_000);
    }

    /** Ends it and all of its children at once, as when the machine loses power but for what the system has in memory. */
    async kill() {
        const children = childrenOf(this.pid);
        this.#process.kill('SIGKILL');
        children.forEach(pid => signal(pid, 'SIGKILL'));
        this.#paused = [];
        await this.#process.exited;
        const hasLeft = () => children.every(pid => !signal(pid, 0));
        for (let tries = 0; tries < 200 && !hasLeft(); tries++) await new Promise(resolve => setTimeout(resolve, 20));
    }

    /** All of it hangs: connections stay open, nothing is answered. */
    pause() {
        this.#paused = [this.pid, ...childrenOf(this.pid)];
        this.#paused.forEach(pid => signal(pid, 'SIGSTOP'));
    }

    resume() {
        this.#paused.splice(0).forEach(pid => signal(pid, 'SIGCONT'));
    }

    /** Ends it for good. May be called twice. */
    async stop() {
        if (this.#process) await this.halt();
        rmSync(this.folder, { recursive: true, force: true });
    }

    get #data() {
        return join(this.folder, 'data');
    }

    get #spawnOptions() {
        return { ...this.#owner, cwd: this.folder, env: { ...process.env, HOME: this.folder, LC_ALL: 'C' } };
    }

    #makeCluster() {
        chmodSync(this.folder, 0o700);
        if (this.#owner.uid !== undefined) chownSync(this.folder, this.#owner.uid, this.#owner.gid);
        const args = ['-D', this.#data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
        const made = spawnSync(join(this.#programs, 'initdb'), args, { ...this.#spawnOptions, encoding: 'utf8' });
        if (made.status !== 0) {
            rmSync(this.folder, { recursive: true, force: true });
            throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
        }
    }
}

/** Postgres refuses to run as root; then it runs as the user `postgres` of its package, or as `nobody`. */
function unprivilegedUser() {
    if (process.getuid?.() !== 0) return {};
    for (const name of ['postgres', 'nobody']) {
        const [uid, gid] = ['-u', '-g'].map(flag => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout.trim() || NaN));
        if (Number.isInteger(uid) && Number.isInteger(gid)) return { uid, gid };
    }
    throw new Error(
        'Postgres must not run as root, and there is no user postgres or nobody to run it as. Name a running one in POSTGRES_URL.'
    );
}

/** False when there is no such process. */
function signal(pid, name) {
    try {
        return process.kill(pid, name);
    } catch {
        return false;
    }
}

function childrenOf(parent) {
    return parents()
        .filter(([, ppid]) => ppid === parent)
        .map(([pid]) => pid);
}

/** Of every process its id and its parent's. */
function parents() {
    if (!existsSync('/proc/self/stat')) {
        const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
        return stdout
            .trim()
            .split('\n')
            .map(line => line.trim().split(/\s+/).map(Number));
    }
    return readdirSync('/proc')
        .filter(name => /^\d+$/.test(name))
        .flatMap(name => {
            try {
                // The name of the program, which may be anything, ends with the last bracket.
                const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1).split(' ');
                return [[Number(name), Number(fields[1])]];
            } catch {
                return []; // It has ended.
            }
        });
}

/** Whether it lets clients in: it answers a start-up message with a request for authentication. */
function isReady(port) {
    const body = Buffer.from('\0\x03\0\0user\0postgres\0database\0postgres\0\0', 'latin1');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length + 4);
    return new Promise(resolve => {
        const socket = connect({ host: '127.0.0.1', port });
        const done = answer => {
            socket.destroy();
            resolve(answer);
        };
        socket.setTimeout(1_000, () => done(false));
        socket.once('error', () => done(false));
        socket.once('close', () => done(false));
        socket.once('connect', () => socket.write(Buffer.concat([length, body])));
        socket.once('data', reply => done(reply[0] === 'R'.charCodeAt(0)));
    });
}
