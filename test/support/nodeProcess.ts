import { createInterface } from 'node:readline';
import { endChild, startChild, type StartedChild } from '../../scripts/services.mjs';

export interface NodeProcessOptions {
    name: string;
    /** Path of the server's file. It prints `{"port":…}` as its first line. */
    script: string;
    env?: Record<string, string>;
    execArgv?: string[];
    cwd?: string;
}

/** One server in a process of its own on 127.0.0.1. */
export class NodeProcess {
    readonly name: string;
    port = 0;
    /** Of all processes that it ever was. */
    readonly pids: number[] = [];
    readonly #options: NodeProcessOptions;
    readonly #lines: string[] = [];
    #started: StartedChild | undefined;

    constructor(options: NodeProcessOptions) {
        this.name = options.name;
        this.#options = options;
    }

    get url(): string {
        return `http://127.0.0.1:${this.port}`;
    }

    get pid(): number | undefined {
        return this.#started?.pid;
    }

    /** Of the process that ended last; null for one that was killed. */
    get exitCode(): number | null {
        return this.#started?.child.exitCode ?? null;
    }

    get isRunning(): boolean {
        return this.#started?.isRunning() ?? false;
    }

    /** Everything that it printed, on both outputs and in all of its lives. */
    get output(): string {
        return this.#lines.join('\n');
    }

    /** Starts it on a port that the system chooses, or on the port given. */
    async start(port = 0): Promise<void> {
        const { script, env, execArgv = [], cwd } = this.#options;
        const started = startChild(process.execPath, [...execArgv, script], {
            spawnOptions: { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env, PORT: String(port) }, ...(cwd && { cwd }) }
        });
        this.#started = started;
        if (started.pid !== undefined) this.pids.push(started.pid);
        const { stdout, stderr } = started.child;
        if (!stdout || !stderr) throw new Error(`Node ${this.name} has no output to read its port from.`);
        createInterface(stderr).on('line', line => this.#lines.push(line));
        const out = createInterface(stdout);
        const firstLine = new Promise<string>(resolve => out.once('line', resolve));
        out.on('line', line => this.#lines.push(line));
        const first = await Promise.race([firstLine, started.exited]);
        if (typeof first !== 'string') throw new Error(`Node ${this.name} ended before it listened:\n${started.output()}`);
        this.port = (JSON.parse(first) as { port: number }).port;
    }

    /** `kill -9`. */
    async kill(): Promise<void> {
        await this.#end('SIGKILL');
    }

    /** SIGTERM, as an orchestrator sends it; returns when the process has ended, at the latest by SIGKILL after that time. */
    async terminate(patienceMs?: number): Promise<void> {
        await this.#end('SIGTERM', patienceMs);
    }

    /** Starts it anew, on another port unless told otherwise. */
    async restart({ samePort = false } = {}): Promise<void> {
        await this.kill();
        await this.start(samePort ? this.port : 0);
    }

    async #end(signal: NodeJS.Signals, patienceMs?: number): Promise<void> {
        if (this.#started) await endChild(this.#started, signal, patienceMs);
    }
}
