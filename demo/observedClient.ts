import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import type { RoundRobin } from '../test/support/roundRobin.js';
import type { Timeline } from './timeline.js';

const PATIENCE_MS = 10_000;

export const CLIENT_INFO = { name: 'demo-client', version: '7.0.0' };
export const CLIENT_CAPABILITIES = { roots: { listChanged: true }, sampling: {}, elicitation: { form: {} } };

/** The official client, and a note of each call: who served it and whether the answer was right. */
export class ObservedClient {
    calls = 0;
    failures = 0;
    readonly errors = new Set<string>();
    readonly sessionIds = new Set<string>();
    logged: string[] = [];
    counted: unknown[] = [];
    readonly #client = new Client(CLIENT_INFO, { capabilities: CLIENT_CAPABILITIES });
    readonly #transport: StreamableHTTPClientTransport;

    constructor(
        private readonly proxy: RoundRobin,
        private readonly timeline: Timeline
    ) {
        this.#transport = new StreamableHTTPClientTransport(new URL(proxy.url));
        this.#client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
            this.logged.push(params.level);
            this.counted.push(params.data);
        });
        this.#client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { colour: 'blue' } }));
    }

    /** `initialize` and `notifications/initialized`. */
    async connect(): Promise<boolean> {
        return this.#observe('initialize', [() => this.#client.connect(this.#transport)], () => this.#shortId());
    }

    async listTools(): Promise<void> {
        await this.#observe('tools/list', [() => this.#client.listTools()], () => '');
    }

    /** Calls the tool `add` so many times, one after another, and checks each sum. */
    async add(times: number): Promise<void> {
        const calls = Array.from({ length: times }, (_, index) => async () => {
            const text = await this.#callTool('add', { a: index, b: 100 });
            if (text !== String(index + 100)) throw new Error(`${index} + 100 was answered with ${text}`);
        });
        await this.#observe(`tools/call add  x${times}`, calls, done => `${done} of ${times} sums right`);
    }

    /** Asks so many nodes for what they know of this client. */
    async checkIsKnown(times: number): Promise<void> {
        const expected = [CLIENT_INFO, CLIENT_CAPABILITIES];
        const calls = Array.from({ length: times }, () => async () => {
            const text = await this.#callTool('client');
            if (!isDeepStrictEqual(JSON.parse(text), expected)) throw new Error(`the server knows the client as ${text}`);
        });
        await this.#observe(`tools/call client  x${times}`, calls, () => 'name and capabilities known');
    }

    async setLevel(level: 'warning' | 'error'): Promise<void> {
        await this.#observe(`logging/setLevel ${level}`, [() => this.#client.setLoggingLevel(level)], () => '');
    }

    /** Has so many nodes log once per level, and checks that only these levels arrive. */
    async checkLevels(times: number, levels: readonly string[]): Promise<void> {
        const calls = Array.from({ length: times }, () => async () => {
            this.logged = [];
            await this.#callTool('work');
            if (this.logged.join() !== levels.join()) throw new Error(`logs of levels ${this.logged.join()} arrived`);
        });
        await this.#observe(`tools/call work  x${times}`, calls, () => `logs from ${levels[0]} up only`);
    }

    /** Has a node ask the user; the answer is a request of its own, and so goes to another node. */
    async answerQuestion(): Promise<void> {
        const ask = async () => {
            const colour = await this.#callTool('ask');
            if (colour !== 'blue') throw new Error(`the answer arrived as ${colour}`);
        };
        await this.#observe('tools/call ask, and its answer', [ask], () => 'asked on the first, answered through the second');
    }

    /** Calls a tool that counts aloud, and has its connection cut when it has come to two. */
    async countThroughACut(to: number, cut: () => void): Promise<void> {
        const count = async () => {
            this.counted = [];
            const call = this.#callTool('count', { to });
            await this.#until(() => this.counted.length >= 2);
            cut();
            await call;
            const expected = Array.from({ length: to }, (_, index) => index + 1);
            if (!isDeepStrictEqual(this.counted, expected)) throw new Error(`it heard ${this.counted.join()}`);
        };
        await this.#observe(`tools/call count to ${to}, cut at 2`, [count], () => `heard 1 to ${to}, each once, and the result`);
    }

    /** Calls a tool that never ends, and has its node killed. */
    async hangUntilKilled(kill: () => Promise<void>): Promise<void> {
        let told = '';
        const hang = async () => {
            const outcome = this.#callTool('hang', { name: 'one' }).then(
                () => 'a result',
                (error: unknown) => (error instanceof Error ? error.message : String(error))
            );
            await this.#until(() => this.counted.includes('one'));
            await kill();
            told = await outcome;
            if (!told.includes('is gone')) throw new Error(`it was told ${told}`);
        };
        await this.#observe('tools/call hang, its node is killed', [hang], () => 'told by another node that its call is lost');
    }

    /** Calls a tool that never ends, and cancels the call: a request of its own, which goes to another node. */
    async cancel(said: (words: string) => boolean): Promise<void> {
        const cancel = async () => {
            const aborter = new AbortController();
            const call = this.#client
                .callTool({ name: 'hang', arguments: { name: 'two' } }, undefined, { signal: aborter.signal })
                .catch(() => undefined);
            await this.#until(() => said('two hangs'));
            aborter.abort();
            await call;
            await this.#until(() => said('two was aborted'));
        };
        await this.#observe('tools/call hang, then cancelled', [cancel], () => 'its handler was aborted');
    }

    async end(): Promise<void> {
        await this.#observe('DELETE: the session ends', [() => this.#transport.terminateSession()], () => '');
    }

    get sessionId(): string | undefined {
        return [...this.sessionIds].at(-1);
    }

    async close(): Promise<void> {
        await this.#client.close();
    }

    async #callTool(name: string, args: Record<string, unknown> = {}): Promise<string> {
        const { content } = await this.#client.callTool({ name, arguments: args });
        return (content as { text: string }[])[0]?.text ?? '';
    }

    async #observe(what: string, calls: readonly (() => Promise<unknown>)[], result: (done: number) => string): Promise<boolean> {
        const seen = this.proxy.passed.length;
        const errors: string[] = [];
        for (const call of calls) {
            this.calls++;
            try {
                await call();
            } catch (error) {
                errors.push(messageOf(error));
            }
            if (this.#transport.sessionId !== undefined) this.sessionIds.add(this.#transport.sessionId);
        }
        this.failures += errors.length;
        for (const error of errors) this.errors.add(error);
        // The client's event stream is opened beside its calls, whenever it likes.
        const passed = this.proxy.passed.slice(seen).filter(({ method }) => method !== 'GET');
        const failed = errors.length > 0 ? `${errors.length} of ${calls.length}: ${errors[0]}` : undefined;
        this.timeline.call(
            what,
            passed.map(({ node }) => node ?? '-'),
            failed ?? result(calls.length),
            errors.length === 0
        );
        return errors.length === 0;
    }

    async #until(holds: () => boolean): Promise<void> {
        const end = performance.now() + PATIENCE_MS;
        while (!holds()) {
            if (performance.now() > end) throw new Error(`it did not happen within ${PATIENCE_MS / 1000} s`);
            await delay(10);
        }
    }

    #shortId(): string {
        return `session ${this.#transport.sessionId?.slice(0, 8)}…`;
    }
}

/** The client wraps what the server said into a text of its own; the server's words say more. */
function messageOf(error: unknown): string {
    const text = error instanceof Error ? error.message : String(error);
    const said = /"message":"([^"]*)"/.exec(text)?.[1];
    return said ? `"${said}"` : text;
}
