import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endChild, freePort, startChild, untilReady } from './child.mjs';

/**
 * One `redis-server` of ours on a free port of 127.0.0.1, in a folder of its own. It keeps port and folder through `halt`,
 * `kill` and `start`, so that it goes on with what it wrote to disk.
 */
export class RedisProcess {
    #program;
    #settings;
    #options;
    #process;
    isPaused = false;
    folder = mkdtempSync(join(tmpdir(), 'mcp-redis-'));

    /**
     * @param settings what a redis.conf would hold, by name.
     * @param options `words`: told the folder, what stands before all settings; `hasBus`: whether a second port is needed.
     */
    constructor(program, settings = {}, options = {}) {
        this.#program = program;
        this.#settings = settings;
        this.#options = options;
    }

    get url() {
        return `redis://127.0.0.1:${this.port}`;
    }

    get pid() {
        return this.#process?.pid;
    }

    get isRunning() {
        return this.#process?.isRunning() ?? false;
    }

    /** Starts it, or starts it again on the same port. Resolves when it answers and has read what it had on disk. */
    async start() {
        if (this.isRunning) return;
        const first = this.port === undefined;
        for (let attempt = 1; ; attempt++) {
            if (first) this.port = await freePort();
            if (first && this.#options.hasBus) this.busPort = await freePort();
            const own = { bind: '127.0.0.1', port: this.port, dir: this.folder, daemonize: 'no', loglevel: 'warning' };
            const words = Object.entries({ ...own, ...(this.#options.hasBus && { 'cluster-port': this.busPort }), ...this.#settings });
            const args = [
                ...(this.#options.words?.(this.folder) ?? []),
                ...words.flatMap(([name, value]) => [`--${name}`, ...[value].flat().map(String)])
            ];
            this.#process = startChild(this.#program, args, { folder: this.folder });
            if (await untilReady(() => this.#isReady(), this.#process)) return;
            await endChild(this.#process, 'SIGKILL');
            // Between the choice of a free port and its use somebody else may take it.
            if (!first || attempt === 5) {
                rmSync(this.folder, { recursive: true, force: true });
                throw new Error(`redis-server did not start: ${this.#process.output()}`);
            }
        }
    }

    /** Ends the process and keeps the folder. */
    async halt() {
        this.resume();
        await endChild(this.#process, 'SIGTERM');
    }

    async kill() {
        await endChild(this.#process, 'SIGKILL');
    }

    /** The process hangs: connections stay open, nothing is answered. */
    pause() {
        this.isPaused = true;
        this.#process.kill('SIGSTOP');
    }

    resume() {
        this.isPaused = false;
        this.#process.kill('SIGCONT');
    }

    /** Ends it for good. May be called twice. */
    async stop() {
        if (this.#process) await this.halt();
        rmSync(this.folder, { recursive: true, force: true });
    }

    /** Sends one command; rejects when the answer is an error. */
    command(...words) {
        return sendCommand(this.port, words);
    }

    /** Asks again until the answer passes, or says what did not come about. */
    async until(what, passes, ...words) {
        const isReached = async () => passes(await this.command(...words).catch(() => ''));
        if (!(await untilReady(isReached, this.#process))) throw new Error(`Redis: ${what} did not come about. ${this.#process.output()}`);
    }

    async #isReady() {
        return (await this.command('PING').catch(() => '')) === 'PONG';
    }
}

/** Resolves with the reply: text, a number, null, or a list of these. Errors within a list are text. */
export function sendCommand(port, words) {
    return new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port });
        let text = '';
        // One character per byte, so that lengths are those on the wire.
        socket.setEncoding('latin1').setTimeout(5_000, () => socket.destroy(new Error(`Redis did not answer ${words[0]}`)));
        socket.once('error', reject);
        socket.once('connect', () => socket.write(encode(words)));
        socket.once('close', () => reject(new Error(`Redis closed the connection instead of answering ${words[0]}`)));
        socket.on('data', chunk => {
            text += chunk;
            const parsed = parse(text, 0);
            if (parsed === undefined) return;
            socket.destroy();
            if (parsed.error) reject(new Error(parsed.value));
            else resolve(parsed.value);
        });
    });
}

const encode = words => `*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`).join('')}`;

const decode = bytes => Buffer.from(bytes, 'latin1').toString();

/** The reply that begins at a place, and where it ends; undefined while it is not whole. */
function parse(text, start) {
    const lineEnd = text.indexOf('\r\n', start);
    if (lineEnd < 0) return undefined;
    const line = text.slice(start + 1, lineEnd);
    const end = lineEnd + 2;
    switch (text[start]) {
        case '-':
            return { value: line, end, error: true };
        case ':':
            return { value: Number(line), end };
        case '$': {
            if (line === '-1') return { value: null, end };
            const dataEnd = end + Number(line);
            return text.length < dataEnd + 2 ? undefined : { value: decode(text.slice(end, dataEnd)), end: dataEnd + 2 };
        }
        case '*': {
            const items = [];
            let at = end;
            for (let left = Number(line); left > 0; left--) {
                const item = parse(text, at);
                if (item === undefined) return undefined;
                items.push(item.value);
                at = item.end;
            }
            return { value: items, end: at };
        }
        default:
            return { value: line, end };
    }
}
