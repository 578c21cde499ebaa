import { Wire, type Answer } from '../wire.js';
import { logged, resultText, type WireMessage, type WireStream } from '../wireStream.js';
import { newSecret, type Verdict } from './verdict.js';

/** A call that was answered, as its client saw it. */
export interface AnsweredCall {
    readonly primingId: string;
    /** Everything that had an event id: what was acknowledged. */
    readonly events: readonly { id: string; data: string }[];
}

/** What came of one thing that a visitor did. */
type Outcome = 'done' | 'unavailable' | 'lost';

/** How long a client waits for anything at all on a stream, keep-alive apart. A server that fails is back sooner. */
const PATIENCE_MS = 25_000;
const PAUSE_MS = 20;
const RETRY_MS = 100;
/** A record holds so many at most. */
const MAX_URIS = 40;
const EVENTS = 10;

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

/**
 * A client with one session: it calls tools, changes its session, breaks off streams and comes back for the rest, and
 * answers questions, one after the other, through any node. What it is told is judged.
 */
export class Visitor {
    readonly secret = newSecret();
    readonly wire: Wire;
    /** Its session was answered 404. */
    isLost = false;
    /** How often it has done everything that it does. */
    rounds = 0;
    /** Changes of its session that were acknowledged. */
    readonly uris: string[] = [];
    readonly calls: AnsweredCall[] = [];
    readonly #verdict: Verdict;
    #count = 0;

    constructor(url: string, verdict: Verdict) {
        this.wire = new Wire(url, { 'x-secret': this.secret });
        this.#verdict = verdict;
    }

    /** Begins its session; false when that is not to be had now. */
    async begin(): Promise<boolean> {
        const opened = this.#note('initialize', await this.wire.initialize());
        if (opened.status !== 200) return false;
        for (;;) {
            const { status } = this.#note('initialized', await this.wire.notify('notifications/initialized'));
            if (status !== 503) return status === 202;
            await pause(RETRY_MS);
        }
    }

    /** Does everything once, each thing until it is done, or until the session is lost or the time is up. */
    async round(isOver: () => boolean): Promise<void> {
        for (const act of [() => this.echo(), () => this.subscribe(), () => this.count(), () => this.ask()]) {
            let outcome: Outcome;
            do {
                outcome = await act();
                await pause(outcome === 'unavailable' ? RETRY_MS : PAUSE_MS);
            } while (outcome === 'unavailable' && !isOver());
            if (outcome === 'lost') this.isLost = true;
            if (outcome !== 'done') return;
        }
        this.rounds++;
    }

    async echo(): Promise<Outcome> {
        const text = `${this.secret} ${this.#count++}`;
        const answer = this.#note('call', await this.wire.request('tools/call', { name: 'echo', arguments: { text } }));
        return this.#outcome(answer.status, () => this.#expectText('call', answer.messages.at(-1) as WireMessage | undefined, text));
    }

    async subscribe(): Promise<Outcome> {
        if (this.uris.length >= MAX_URIS) return 'done';
        const uri = `note://${this.secret}/${this.#count++}`;
        const answer = this.#note('subscribe', await this.wire.request('resources/subscribe', { uri }));
        return this.#outcome(answer.status, () => {
            if (answer.messages.at(-1)?.result) this.uris.push(uri);
            else this.#verdict.problem(`subscribe was answered ${answer.body}`);
        });
    }

    /** A call whose connection breaks, and that is gone on with elsewhere until its end. */
    async count(): Promise<Outcome> {
        const name = `${this.secret}-${this.#count++}`;
        const stream = await this.wire.call('count', { name, to: EVENTS, intervalMs: 30 }, { id: name });
        return this.#follow('count', stream, {
            cutAfter: 3,
            end: message => {
                if (!this.#isRefusedByLog(message)) this.#expectText('count', message, `${name} is done`);
            },
            isNext: (message, before) => {
                const numbers = [...before, message].map(each => Number(String(logged(each)).slice(name.length + 1)));
                return numbers.every((number, index) => number > (numbers[index - 1] ?? 0) && number <= EVENTS);
            }
        });
    }

    /** A question that is asked on one node and answered on another. */
    async ask(): Promise<Outcome> {
        const stream = await this.wire.call('ask', { message: this.secret }, { id: `${this.secret}-${this.#count++}` });
        return this.#follow('ask', stream, {
            end: message => {
                if (this.#isRefusedByLog(message)) return;
                const { answer } = JSON.parse(resultText(message) ?? '{}') as { answer?: unknown };
                if (answer !== `${this.secret}!`) this.#verdict.problem(`ask came to ${JSON.stringify(message)}`);
            },
            isNext: (message, before) => before.length === 0 && message.method === 'elicitation/create',
            onmessage: question => this.#answer(question)
        });
    }

    /** False when the answer was refused for good. */
    async #answer(question: WireMessage): Promise<boolean> {
        for (;;) {
            const { status } = this.#note('answer', await this.wire.answer(question, `${this.secret}!`));
            if (status !== 503) return status === 202;
            await pause(RETRY_MS);
        }
    }

    /** Reads the answer to a call to its end, wherever it is to be had. */
    async #follow(what: string, first: WireStream, { cutAfter = Infinity, end, isNext, onmessage }: Following): Promise<Outcome> {
        let stream = first;
        let primingId: string | undefined;
        const events: { id: string; data: string }[] = [];
        let messages: WireMessage[] = [];
        const kept: WireMessage[] = [];
        for (let opened = 0; ; opened++) {
            const kind = opened === 0 ? what : 'resume';
            const body = stream.isStream ? '' : await stream.body();
            this.#verdict.note({ ...this.#headOf(stream.response), secret: this.secret, what: kind, body });
            if (stream.status === 503 && opened === 0) return 'unavailable';
            if (stream.status !== 200 && stream.status !== 503) return stream.status === 404 ? 'lost' : 'done';
            for (let event = stream.isStream ? await this.#event(stream) : undefined; event; event = await this.#event(stream)) {
                primingId ??= event.id;
                if (!event.data) continue;
                this.#verdict.checkSecret(this.secret, kind, event.data);
                if (event.id !== undefined) events.push({ id: event.id, data: event.data });
                const message = JSON.parse(event.data) as WireMessage;
                if (message.method === undefined) {
                    end(message);
                    // What has no id was not acknowledged by the log.
                    if (event.id !== undefined && primingId !== undefined && !message.error) this.calls.push({ primingId, events });
                    stream.abort();
                    return 'done';
                }
                if (!isNext(message, messages)) this.#verdict.problem(`${kind} gave what must not come now: ${event.data}`);
                messages.push(message);
                if (event.id !== undefined) kept.push(message);
                if ((await onmessage?.(message)) === false) {
                    stream.abort();
                    return 'done';
                }
                if (opened === 0 && messages.length === cutAfter) break;
            }
            await stream.cut();
            if (stream.lastEventId === undefined) {
                this.#verdict.problem(`${what} ended without a result, and without an event id to go on from`);
                return 'done';
            }
            if (opened > 0) await pause(RETRY_MS);
            stream = await this.wire.listen(stream.lastEventId);
            // What came without an id was not acknowledged by the log in time. It may be there all the same.
            messages = [...kept];
        }
    }

    async #event(stream: WireStream) {
        try {
            return await stream.event(PATIENCE_MS);
        } catch (error) {
            this.#verdict.problem(`A stream broke: ${String(error)}`);
            return undefined;
        }
    }

    /** A call may be answered with an error, in the fixed words of the transport and the tool, where its messages cannot be kept. */
    #isRefusedByLog(message: WireMessage): boolean {
        const isGone = message.error?.code === -32000 && message.error.message.includes('is gone');
        const failed = message.result?.['isError'] === true && resultText(message)?.startsWith('The session store failed; ') === true;
        if (isGone || failed) this.#verdict.count(isGone ? 'told that its node is gone' : 'told that its messages could not be kept');
        return isGone || failed;
    }

    #expectText(what: string, message: WireMessage | undefined, text: string): void {
        if (resultText(message) !== text) this.#verdict.problem(`${what} came to ${JSON.stringify(message)}`);
    }

    #note(what: string, answer: Answer): Answer {
        const { status, headers, body } = answer;
        this.#verdict.note({ secret: this.secret, what, status, retryAfter: headers.get('retry-after'), body });
        return answer;
    }

    #headOf({ status, headers }: Response) {
        return { status, retryAfter: headers.get('retry-after') };
    }

    #outcome(status: number, ondone: () => void): Outcome {
        if (status === 200) ondone();
        return status === 503 ? 'unavailable' : status === 404 ? 'lost' : 'done';
    }
}

interface Following {
    /** The connection breaks after so many messages. */
    cutAfter?: number;
    /** Judges the final response. */
    end(message: WireMessage): void;
    /** Whether a message may follow those before it. */
    isNext(message: WireMessage, before: readonly WireMessage[]): boolean;
    /** False when there is no use in waiting for the end. */
    onmessage?(message: WireMessage): Promise<boolean>;
}
