import { Wire } from '../cluster/support/wire.js';
import type { WireStream } from '../cluster/support/wireStream.js';
import { type WireEvent, type WireMessage } from '../cluster/support/wireStream.js';
import { machineTime, TOKEN } from '../cluster/support/sentRecorder.js';
import { STANDALONE, type Call, type Connection, type Exchange, type History, type Seen, type Session } from './history.js';
import { Random } from './random.js';
import { NODES, type SessionPlan, type Step } from './schedule.js';
import type { Stage } from './stage.js';
import { GRACE_MS } from './view.js';

/** How long the end of anything is waited for, in milliseconds. What has not come by then is missing in the history. */
const PATIENCE_MS = 20_000;
const UNLIMITED_MS = 2 ** 31 - 1;

interface Reading {
    connection: Connection;
    stream: WireStream | undefined;
    /** The client has cut it. */
    wasCut: boolean;
    over: Promise<void>;
}

/** A client: plays the part of one session and writes down what it sees. It answers every question that it is asked. */
export class Player {
    readonly #session: Session;
    readonly #random: Random;
    readonly #wire = new Wire('');
    /** By the name of the stream, in the order in which they were opened. */
    readonly #readings = new Map<string, Reading[]>();
    readonly #calls = new Map<string, Call>();
    readonly #answered = new Set<string>();
    readonly #answering = new Set<Promise<void>>();
    readonly #last: string;
    #listenUntil = Infinity;
    #isOver = false;

    constructor(
        private readonly plan: SessionPlan,
        private readonly stage: Stage,
        private readonly history: History
    ) {
        this.#session = { name: plan.name };
        this.#random = new Random([...plan.name].reduce((sum, char) => Math.imul(sum, 31) + char.charCodeAt(0), 7));
        this.#last = `tok:${plan.name}/${STANDALONE}/last`;
        history.sessions.push(this.#session);
    }

    async begin(): Promise<void> {
        const wire = this.#at(this.plan.node);
        await wire.begin();
        this.#wire.sessionId = wire.sessionId;
    }

    async play(): Promise<void> {
        for (const step of this.plan.steps) await this.#do(step);
    }

    /** Follows everything to its end, when all nodes run again. */
    async finish(): Promise<void> {
        if (this.#session.deleted !== undefined) {
            await this.#seeItGone();
        } else {
            // Calls may wait for answers to questions that come on the standalone stream.
            const listening = this.#keepListening();
            await Promise.all([...this.#calls.values()].map(call => this.#follow(call)));
            await this.#sendTheLast();
            await listening;
        }
        this.#isOver = true;
        await Promise.all(this.#answering);
        await Promise.all([...this.#readings.values()].flat().map(reading => this.#cut(reading)));
    }

    #at(node: number): Wire {
        return this.#wire.at(this.stage.url(node), { 'mcp-protocol-version': '2025-11-25' });
    }

    async #do(step: Step): Promise<void> {
        switch (step.do) {
            case 'call':
                return this.#call(step);
            case 'cut':
                return this.#cut(this.#latest(step.call));
            case 'resume':
                return this.#resume(step.call, step.node, step.behind);
            case 'resumeTwice':
                await Promise.all(step.nodes.map(node => this.#resume(step.call, node, 'last')));
                return;
            case 'listen':
                return this.#listen(step.node, step.asNew);
            case 'unlisten':
                return this.#cut(this.#latest(STANDALONE));
            case 'cancel': {
                const call = this.#calls.get(step.call);
                if (!call || this.#hasFinal(step.call)) return;
                // With an id that several calls have, it may mean any of them.
                for (const other of this.#calls.values()) {
                    if (other.rpcId !== call.rpcId || this.#hasFinal(other.name)) continue;
                    other.cancelled ??= machineTime();
                    other.followed = false;
                }
                await this.#exchange({ what: 'cancel' }, step.node, async wire => (await wire.cancel(call.rpcId)).status);
                return;
            }
            case 'delete':
                return this.#delete(step.node);
            case 'wait':
                return pause(step.ms);
        }
    }

    async #call({ call: name, rpcId, node, acts, end }: Step & { do: 'call' }): Promise<void> {
        const call: Call = { session: this.plan.name, name, rpcId, followed: true };
        this.#calls.set(name, call);
        this.history.calls.push(call);
        const reading = await this.#read(name, node, 'call', undefined, wire =>
            wire.call('play', { acts, end }, { id: rpcId, meta: { progressToken: `progress of ${name}` } })
        );
        // Nothing is known of it that it could be asked for by.
        call.followed = reading.connection.opened !== undefined && call.cancelled === undefined;
    }

    async #resume(call: string, node: number, behind: 'last' | 'first'): Promise<void> {
        const ids = this.#ids(call);
        const cursor = behind === 'first' ? ids[0] : ids.at(-1);
        if (cursor !== undefined && !this.#hasFinal(call)) await this.#read(call, node, 'resume', cursor, wire => wire.listen(cursor));
    }

    async #listen(node: number, asNew = false): Promise<void> {
        const cursor = asNew ? undefined : this.#ids(STANDALONE).at(-1);
        await this.#read(STANDALONE, node, 'listen', cursor, wire => wire.listen(cursor));
    }

    async #delete(node: number): Promise<void> {
        for (const call of this.#calls.values()) call.followed = false;
        this.#session.deleteBegun = machineTime();
        for (let attempt = node; this.#session.deleted === undefined && attempt < node + 30; attempt++) {
            const status = await this.#exchange({ what: 'delete' }, attempt % NODES, async wire => (await wire.end()).status);
            // Gone is gone, also by an earlier attempt whose answer was lost.
            if (status === 200 || (status === 404 && attempt > node)) this.#session.deleted = machineTime();
            else await pause(100);
        }
    }

    /** Opens a stream and goes on reading it; resolves when the head of the answer is there, or none will come. */
    async #read(
        stream: string,
        node: number,
        what: Exchange['what'],
        cursor: string | undefined,
        open: (wire: Wire) => Promise<WireStream>
    ): Promise<Reading> {
        const readings = this.#readings.get(stream) ?? [];
        this.#readings.set(stream, readings);
        const connection: Connection = {
            name: `${stream}#${readings.length + 1}`,
            session: this.plan.name,
            stream,
            node: this.stage.name(node),
            ...(cursor !== undefined && { cursor }),
            sent: machineTime(),
            events: []
        };
        const reading: Reading = { connection, stream: undefined, wasCut: false, over: Promise.resolve() };
        this.history.connections.push(connection);
        readings.push(reading);
        await this.#exchange({ what }, node, async wire => {
            const opened = await open(wire);
            if (opened.status !== 200) {
                await opened.body();
                return opened.status;
            }
            reading.stream = opened;
            connection.opened = machineTime();
            reading.over = this.#pump(reading, opened);
            return 200;
        });
        if (!reading.stream) connection.closed = machineTime();
        return reading;
    }

    async #pump(reading: Reading, stream: WireStream): Promise<void> {
        const { connection } = reading;
        try {
            for (let event = await stream.event(UNLIMITED_MS); event; event = await stream.event(UNLIMITED_MS))
                this.#see(connection, event);
            connection.closedBy = 'server';
        } catch {
            // Whoever broke it: what was missed is asked for again.
            connection.closedBy = reading.wasCut ? 'client' : 'break';
        }
        connection.closed = machineTime();
    }

    #see(connection: Connection, { id, data }: WireEvent): void {
        const event: Seen = { at: machineTime(), kind: 'priming', ...(id !== undefined && { id }) };
        if (data) {
            const message = JSON.parse(data) as WireMessage;
            const token = TOKEN.exec(data)?.[0];
            if (token !== undefined) event.token = token;
            if (message.method === undefined) {
                event.kind = token === undefined ? 'error' : 'final';
                if (message.id !== undefined) event.rpcId = message.id;
            } else {
                event.kind = message.id === undefined ? 'message' : 'question';
            }
            if (event.kind === 'question' && token !== undefined && !this.#answered.has(token)) {
                this.#answered.add(token);
                const answering = this.#answer(token, message).finally(() => this.#answering.delete(answering));
                this.#answering.add(answering);
            }
        } else if (id === undefined) {
            return;
        }
        connection.events.push(event);
    }

    /** Answers a question at any node, and at another one when that does not take it. */
    async #answer(question: string, message: WireMessage): Promise<void> {
        const value = `to ${question.replace('tok:', '')}`;
        for (const end = machineTime() + PATIENCE_MS; machineTime() < end && !this.#isOver; ) {
            const node = this.#random.between(0, NODES - 1);
            const exchange = { what: 'answer' as const, question, value };
            const status = await this.#exchange(exchange, node, async wire => (await wire.answer(message, value)).status);
            if (status === 202 || status === 404) return;
            await pause(100);
        }
    }

    async #exchange(
        about: Pick<Exchange, 'what' | 'question' | 'value'>,
        node: number,
        send: (wire: Wire) => Promise<number>
    ): Promise<number | undefined> {
        const exchange: Exchange = { ...about, session: this.plan.name, node: this.stage.name(node), begun: machineTime(), ended: 0 };
        try {
            exchange.status = await send(this.#at(node));
        } catch {
            // No answer: the history says so by the status that is missing.
        }
        exchange.ended = machineTime();
        this.history.exchanges.push(exchange);
        return exchange.status;
    }

    /** Goes on with a call until it is answered and its connection is closed. */
    async #follow(call: Call): Promise<void> {
        const { name } = call;
        const end = machineTime() + PATIENCE_MS;
        for (let node = this.#random.between(0, NODES - 1); call.followed && !this.#hasFinal(name) && machineTime() < end; node++) {
            const reading = this.#latest(name);
            if (reading?.connection.closed === undefined) {
                await within(reading?.over, end - machineTime());
            } else if (this.#ids(name).length > 0) {
                await this.#resume(name, node % NODES, 'last');
            } else {
                // Its connection broke before there was anything that it could be asked for by.
                call.followed = false;
            }
        }
        await within(Promise.all(this.#all(name).map(reading => reading.over)), GRACE_MS * 1.5);
    }

    /** Sends a message when all calls are over: whatever was sent before it has come when it comes. */
    async #sendTheLast(): Promise<void> {
        const node = this.#random.between(0, NODES - 1);
        const acts = [{ do: 'tell' as const, token: this.#last }];
        this.#session.followedUntil = machineTime();
        await this.#call({ do: 'call', call: 'last', rpcId: 'last', node, acts, end: `tok:${this.plan.name}/last/end` });
        await this.#follow(this.#calls.get('last')!);
        this.#listenUntil = machineTime() + PATIENCE_MS;
    }

    /** Has the standalone stream open, again and again, until the last message has come. */
    async #keepListening(): Promise<void> {
        let node = this.#random.between(0, NODES - 1);
        while (!this.#hasHeardAll() && machineTime() < this.#listenUntil) {
            const reading = this.#latest(STANDALONE);
            if (!reading || reading.connection.closed !== undefined) await this.#listen(node++ % NODES);
            else await pause(5);
        }
    }

    #hasHeardAll(): boolean {
        return this.#all(STANDALONE).some(({ connection }) => connection.events.some(({ token }) => token === this.#last));
    }

    /** After a DELETE: every stream ends and every node says 404, or the history shows that they do not. */
    async #seeItGone(): Promise<void> {
        const limit = GRACE_MS * 1.5;
        const end = (this.#session.deleted ?? 0) + limit;
        await within(Promise.all([...this.#readings.values()].flat().map(reading => reading.over)), end - machineTime());
        for (let node = 0; node < NODES; node++) {
            for (;;) {
                const isLast = machineTime() > end;
                const status = await this.#exchange({ what: 'probe' }, node, async wire => (await wire.request('ping')).status);
                if (status === 404 || isLast) break;
                await pause(100);
            }
        }
    }

    async #cut(reading: Reading | undefined): Promise<void> {
        if (!reading || reading.connection.closed !== undefined) return;
        reading.wasCut = true;
        reading.stream?.abort();
        await reading.over;
        reading.connection.closed ??= machineTime();
    }

    #all(stream: string): Reading[] {
        return this.#readings.get(stream) ?? [];
    }

    #latest(stream: string): Reading | undefined {
        return this.#all(stream).at(-1);
    }

    /** The event ids of a stream in the order in which they were seen. */
    #ids(stream: string): string[] {
        return this.#all(stream).flatMap(({ connection }) => connection.events.flatMap(({ id }) => id ?? []));
    }

    #hasFinal(call: string): boolean {
        return this.#all(call).some(({ connection }) => connection.events.some(({ kind }) => kind === 'final' || kind === 'error'));
    }
}

const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));

async function within(task: Promise<unknown> | undefined, ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>(resolve => (timer = setTimeout(resolve, Math.max(0, ms))));
    await Promise.race([task, late]);
    clearTimeout(timer);
}
