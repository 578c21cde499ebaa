import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NodeProcess } from '../../test/support/nodeProcess.js';
import type { Entries } from './node/privateFields.js';
import type { SessionState } from './node/session.js';
import { within } from './patience.js';
import type { Target } from './target.js';

const script = fileURLToPath(new URL('node/main.ts', import.meta.url));
const imports = ['../../scripts/typescript.mjs', 'node/fromClone.mjs'].flatMap(path => ['--import', new URL(path, import.meta.url).href]);

/** A node of a target: a process of its own. */
export class EvidenceNode {
    readonly #process: NodeProcess;

    /** @param sessions the folder of the sessions that the nodes store. */
    constructor(name: string, { name: target, fromClone = '' }: Target, sessions: string) {
        const env = { TARGET: target, FROM_CLONE: fromClone, NODE_NAME: name, SESSIONS: sessions };
        this.#process = new NodeProcess({ name, script, env, execArgv: imports });
    }

    /** Of its process. */
    get pid(): number | undefined {
        return this.#process.pid;
    }

    get url(): string {
        return this.#process.url;
    }

    start(): Promise<void> {
        return within(this.#process.start(), 'the start of a node');
    }

    stop(): Promise<void> {
        return this.#process.kill();
    }

    /** What the node knows of a session. */
    async state(sessionId: string): Promise<SessionState> {
        return (await this.#ask(`state/${sessionId}`)) as SessionState;
    }

    /** What the transport of a session holds of its requests. */
    async entries(sessionId: string): Promise<Entries> {
        return (await this.#ask(`entries/${sessionId}`)) as Entries;
    }

    /** Lets a call of the tool `wait` return. */
    async release(sessionId: string, label: string): Promise<void> {
        await this.#ask(`release/${sessionId}/${label}`);
    }

    async #ask(path: string): Promise<unknown> {
        const response = await within(fetch(`${this.url}/${path}`), path);
        const text = await response.text();
        if (!response.ok || text === 'null') throw new Error(`A node cannot say ${path}: ${text}`);
        return JSON.parse(text);
    }
}

/** Two nodes of a target, as a load balancer without affinity has them behind it. */
export class Nodes {
    readonly a: EvidenceNode;
    readonly b: EvidenceNode;
    readonly #sessions = mkdtempSync(join(tmpdir(), 'evidence-'));

    constructor(readonly target: Target) {
        this.a = new EvidenceNode('A', target, this.#sessions);
        this.b = new EvidenceNode('B', target, this.#sessions);
    }

    get pids(): readonly (number | undefined)[] {
        return [this.a.pid, this.b.pid];
    }

    async start(): Promise<void> {
        await Promise.all([this.a.start(), this.b.start()]);
    }

    async stop(): Promise<void> {
        await Promise.all([this.a.stop(), this.b.stop()]);
        rmSync(this.#sessions, { recursive: true, force: true });
    }
}
