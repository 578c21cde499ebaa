import { endChild, type StartedChild } from '../../../scripts/services.mjs';
import { startCommand, type Command } from './command.js';

/** Where a server says on which port it listens: in a URL, or in an address as Node prints it. */
const announced = /(?:https?:\/\/[^\s/:]+:|\bport"?: ?)(\d+)(?=\D)/;

/** A server of an example, in one process on 127.0.0.1. */
export class Server {
    port = 0;
    #started: StartedChild | undefined;
    #output = '';

    constructor(
        readonly name: string,
        private readonly folder: string,
        private readonly command: Command
    ) {}

    /** With the path that the examples serve. */
    get url(): string {
        return `http://127.0.0.1:${this.port}/mcp`;
    }

    get pid(): number | undefined {
        return this.#started?.pid;
    }

    /** Of the process that ended last; null for one that was killed. */
    get exitCode(): number | null {
        return this.#started?.child.exitCode ?? null;
    }

    /** All that it printed, in all of its lives. */
    get output(): string {
        return this.#output;
    }

    /** Starts it on a port that the system chooses, and waits until it says which. */
    async start(): Promise<void> {
        const started = startCommand(this.folder, this.command, { PORT: '0', HOST: '127.0.0.1' });
        this.#started = started;
        const { stdout, stderr } = started.child;
        const from = this.#output.length;
        const port = await new Promise<string | undefined>(resolve => {
            for (const stream of [stdout, stderr]) {
                stream?.setEncoding('utf8').on('data', (chunk: string) => {
                    this.#output += chunk;
                    const found = announced.exec(this.#output.slice(from))?.[1];
                    if (found !== undefined && found !== '0') resolve(found);
                });
            }
            void started.exited.then(() => resolve(undefined));
        });
        if (port === undefined) throw new Error(`Server ${this.name} ended before it listened:\n${this.#output}${started.output()}`);
        this.port = Number(port);
    }

    /** `kill -9`. */
    async kill(): Promise<void> {
        if (this.#started) await endChild(this.#started, 'SIGKILL');
    }

    /** SIGTERM, as an orchestrator sends it; returns when the process has ended, at the latest by SIGKILL after that time. */
    async terminate(patienceMs = 15_000): Promise<void> {
        if (this.#started) await endChild(this.#started, 'SIGTERM', patienceMs);
    }

    /** Kills it and starts it anew, on another port. */
    async restart(): Promise<void> {
        await this.kill();
        await this.start();
    }
}
