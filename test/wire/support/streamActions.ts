import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Answer } from './answer.js';
import type { Endpoint } from './endpoint.js';
import type { Gate, GatedEventStore } from './gatedEventStore.js';
import { impatiently } from './patience.js';
import { log, notification, request, result, type Json } from './messages.js';

/** What a client, a server or a slow store may do, with numbers that choose among what there is at that moment. */
const kinds = {
    post: 6,
    get: 3,
    resume: 5,
    related: 5,
    respond: 6,
    fail: 1,
    standalone: 4,
    ask: 1,
    disconnect: 4,
    closeSSE: 2,
    closeStandalone: 1,
    fromHandler: 2,
    notify: 1,
    gate: 4,
    open: 4,
    close: 1,
    delete: 1
} as const;

export interface Action {
    readonly kind: keyof typeof kinds;
    readonly a: number;
    readonly b: number;
}

export const actions: fc.Arbitrary<Action[]> = fc.array(
    fc.record({
        kind: fc.oneof(...Object.entries(kinds).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind as keyof typeof kinds) }))),
        a: fc.nat(30),
        b: fc.nat(3)
    }),
    { minLength: 3, maxLength: 25 }
);

const gates: readonly Gate[] = ['before store', 'after store', 'before store', 'after store', 'lookup', 'before replay', 'after replay'];

/** A request of the client's: its answer, once its head is there, or why there is none. */
interface Call {
    readonly isPost: boolean;
    answer?: Answer;
    failure?: string;
    /** Resolves when there is one of the two. */
    done: Promise<void>;
    left?: true;
}

/** Does actions to an endpoint, and writes down what comes of them. */
export class StreamRun {
    private readonly calls: Call[] = [];
    private readonly ids: number[] = [];
    private readonly sent: { what: string; outcome: string }[] = [];
    private errorsBeforeClose: string[] | undefined;
    private readonly waiting: { reached: boolean; open: () => void }[] = [];

    constructor(
        private readonly endpoint: Endpoint,
        private readonly store: GatedEventStore | undefined,
        private readonly headers: Record<string, string>,
        private readonly enableJsonResponse: boolean
    ) {}

    async do({ kind, a, b }: Action): Promise<void> {
        const { endpoint, headers } = this;
        const id = this.requestAt(a);
        switch (kind) {
            case 'post': {
                const fresh = Array.from({ length: 1 + (b % 2) }, () => this.ids.push(this.ids.length) - 1);
                const messages: unknown[] = fresh.map(given => request(given));
                await this.call(true, () =>
                    endpoint.post(b > 1 ? [...messages, notification('n')] : messages.length > 1 ? messages : messages[0], headers)
                );
                break;
            }
            case 'get':
                await this.call(false, () => endpoint.get(headers));
                break;
            case 'resume':
                // A stream that is taken over before its request was handed to the server is a mended defect.
                await this.finishPosts();
                await this.call(false, () => endpoint.get({ ...headers, 'last-event-id': `e${1 + (a % 12)}` }));
                break;
            case 'related':
                if (id !== undefined) {
                    this.send(`log for ${id}`, endpoint.send(log(a), id));
                }
                break;
            case 'respond':
                this.respond(id, { result: { a } });
                break;
            case 'fail':
                this.respond(id, { error: { code: a, message: 'x' } });
                break;
            case 'standalone':
                this.send('log', endpoint.send(log(a)));
                break;
            case 'ask':
                this.send('question', endpoint.send({ jsonrpc: '2.0', id: `q${a}`, method: 'roots/list' }));
                break;
            case 'disconnect': {
                const call = pick(this.calls, a);
                if (call?.answer && !call.answer.ended) {
                    call.left = true;
                    await call.answer.disconnect();
                }
                break;
            }
            case 'closeSSE':
                if (id !== undefined && !this.enableJsonResponse) {
                    endpoint.transport.closeSSEStream(id);
                }
                break;
            case 'closeStandalone':
                endpoint.transport.closeStandaloneSSEStream();
                break;
            case 'fromHandler': {
                const extra = pick(endpoint.received, a)?.extra;
                (b > 0 ? extra?.closeSSEStream : extra?.closeStandaloneSSEStream)?.();
                break;
            }
            case 'notify':
                await this.call(false, () => endpoint.post(notification(), headers));
                break;
            case 'gate':
                this.gate(gates[a % gates.length] as Gate);
                break;
            case 'open':
                await this.open(1 + b);
                break;
            case 'close':
            case 'delete':
                await this.finishPosts();
                this.noteErrors();
                await (kind === 'close' ? endpoint.transport.close() : this.call(false, () => endpoint.delete(headers)));
        }
        await this.settle();
    }

    /** Ends everything, and returns all that the two implementations must agree on. */
    async end(): Promise<unknown> {
        await this.finishPosts();
        await this.open();
        await this.settle();
        this.noteErrors();
        await this.endpoint.transport.close();
        await impatiently(Promise.all(this.calls.map(({ done }) => done)));
        await this.settle();
        const { received, closes, shell } = this.endpoint;
        return {
            calls: await Promise.all(
                this.calls.map(async ({ answer, failure, left }) => {
                    if (!answer) {
                        return failure ?? 'no answer';
                    }
                    const cut = left === true && shell === 'node:http';
                    const body = await answer.end();
                    return cut ? { status: answer.status } : { status: answer.status, body, complete: answer.complete };
                })
            ),
            received: received.map(({ message }) => message),
            sent: this.sent,
            stored: this.store?.events.map(({ id, message }) => ({ id, message })),
            errors: this.errorsBeforeClose ?? [],
            closes
        };
    }

    /** A request that the server has. None after the end: what a late response comes to is another test's. */
    private requestAt(at: number): number | undefined {
        if (this.endpoint.closes > 0) {
            return undefined;
        }
        const delivered = this.endpoint.received.map(({ message }) => ('method' in message && 'id' in message ? message.id : undefined));
        return pick(
            this.ids.filter(id => delivered.includes(id)),
            at
        );
    }

    /** Begins a request, and goes on when it is answered, handed to the server, or waits for the store. */
    private async call(isPost: boolean, begin: () => Promise<Answer>): Promise<void> {
        const call: Call = { isPost, done: Promise.resolve() };
        this.calls.push(call);
        const handed = this.endpoint.received.length;
        const stuck = this.stuck;
        call.done = begin().then(
            answer => void (call.answer = answer),
            (error: Error) => void (call.failure = error.message)
        );
        // In JSON mode the head comes with the answer.
        const isHanded = (): boolean => isPost && this.enableJsonResponse && this.endpoint.received.length > handed;
        await impatiently(this.turnsUntil(() => (call.answer ?? call.failure) !== undefined || isHanded() || this.stuck !== stuck));
    }

    /** What is reported of requests that were under way at the end is not compared. */
    private noteErrors(): void {
        if (this.endpoint.closes === 0) {
            this.errorsBeforeClose = [...this.endpoint.errors];
        }
    }

    /** Opens gates one after the other. Which of two that open at the same moment is passed first is nobody's promise. */
    private async open(count = this.waiting.length): Promise<void> {
        for (const { open } of this.waiting.splice(0, count)) {
            open();
            await nextTurn();
        }
    }

    /** How many gates something waits at. */
    private get stuck(): number {
        return this.waiting.filter(({ reached }) => reached).length;
    }

    private gate(name: Gate): void {
        const gate = this.store?.gate(name);
        if (gate) {
            const waiting = { reached: false, open: gate.open };
            this.waiting.push(waiting);
            void gate.reached.then(() => (waiting.reached = true));
        }
    }

    /**
     * Lets POSTs that wait for the store go on, and answers those of JSON mode: what becomes of them when the transport
     * closes, or another takes their stream, is different on purpose.
     */
    private async finishPosts(): Promise<void> {
        const posts = this.calls.filter(({ isPost, answer }) => isPost && !answer);
        if (posts.length === 0) {
            return;
        }
        await this.open();
        await this.settle();
        if (this.enableJsonResponse) {
            for (const id of this.ids) {
                await this.endpoint.send(result(id)).catch(() => undefined);
            }
        }
        await impatiently(Promise.all(posts.map(({ done }) => done)));
    }

    /** A server answers once. What becomes of two answers that are under way at the same moment is nobody's promise. */
    private respond(id: number | undefined, answer: { result: Json } | { error: { code: number; message: string } }): void {
        const what = `response ${id}`;
        if (id !== undefined && !this.sent.some(record => record.what === what && record.outcome === 'pending')) {
            this.send(what, this.endpoint.send({ jsonrpc: '2.0', id, ...answer }));
        }
    }

    private send(what: string, sending: Promise<void>): void {
        const record = { what, outcome: 'pending' };
        this.sent.push(record);
        sending.then(
            () => (record.outcome = 'sent'),
            (error: Error) => (record.outcome = error.message)
        );
    }

    private async turnsUntil(isMet: () => boolean): Promise<void> {
        while (!isMet()) {
            await nextTurn();
        }
    }

    /** Lets what is under way go as far as it can. */
    private async settle(): Promise<void> {
        const due = this.calls.filter(({ isPost }) => !(isPost && this.enableJsonResponse));
        const isOver = (): boolean => this.stuck > 0 || due.every(({ answer, failure }) => answer ?? failure);
        await impatiently(this.turnsUntil(isOver));
        for (let turn = 0; turn < (this.endpoint.shell === 'fetch' ? 4 : 12); turn++) {
            await nextTurn();
        }
    }
}

function pick<T>(list: readonly T[], at: number): T | undefined {
    return list[at % list.length];
}
