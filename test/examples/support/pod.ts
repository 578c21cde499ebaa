import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endChild, freePort, type StartedChild } from '../../../scripts/services.mjs';
import { startCommand } from './command.js';

const probeEveryMs = 50;
const patienceMs = 60_000;

/** One container of an example: the command of its image as a process, on a port of 127.0.0.1 that it keeps. */
export class Pod {
    #started: StartedChild | undefined;

    private constructor(
        readonly name: string,
        readonly port: number,
        private readonly folder: string,
        private readonly env: Record<string, string>
    ) {}

    /** Starts it, and resolves when it is ready. */
    static async start(name: string, folder: string, env: Record<string, string>): Promise<Pod> {
        const pod = new Pod(name, await freePort(), folder, env);
        await pod.start();
        return pod;
    }

    get url(): string {
        return `http://127.0.0.1:${this.port}/mcp`;
    }

    /** Of the process that ended last; null for one that was killed. */
    get exitCode(): number | null {
        return this.#started?.child.exitCode ?? null;
    }

    async start(): Promise<void> {
        const [, ...args] = imageOf(this.folder).command;
        const command = { program: process.execPath, args, env: this.env };
        this.#started = startCommand(this.folder, command, { PORT: String(this.port), HOST: '127.0.0.1', POD_NAME: this.name });
        const end = performance.now() + patienceMs;
        while ((await this.status('/ready')) !== 200) {
            if (!this.#started.isRunning() || performance.now() > end) {
                throw new Error(`Pod ${this.name} is not ready:\n${this.#started.output()}`);
            }
            await new Promise(resolve => setTimeout(resolve, probeEveryMs));
        }
    }

    /** What a probe of this path is answered; undefined when nobody takes the connection. */
    async status(path: string): Promise<number | undefined> {
        const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { headers: { connection: 'close' } }).catch(() => undefined);
        await answer?.arrayBuffer();
        return answer?.status;
    }

    /** SIGTERM, and after that time SIGKILL; resolves when it has ended. */
    async terminate(graceMs: number): Promise<void> {
        if (this.#started) await endChild(this.#started, 'SIGTERM', graceMs);
    }

    /** Only says that it is to go. */
    signal(): void {
        this.#started?.kill('SIGTERM');
    }

    async kill(): Promise<void> {
        if (this.#started) await endChild(this.#started, 'SIGKILL');
    }
}

/** What an example's Dockerfile says of a container. */
export function imageOf(folder: string): { command: string[]; port: number } {
    const dockerfile = readFileSync(join(folder, 'Dockerfile'), 'utf8');
    const [, command = '[]'] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? [];
    const [, port] = /^EXPOSE (\d+)$/m.exec(dockerfile) ?? [];
    return { command: JSON.parse(command) as string[], port: Number(port) };
}
