import { inspect } from 'node:util';
import type { Cluster } from '../../../support/cluster.js';
import { Fixture, mcpUrl } from '../fixture.js';
import type { State } from '../server.js';
import type { Wire } from '../wire.js';
import { resultText, type WireMessage } from '../wireStream.js';
import { Verdict, type Losses } from './verdict.js';
import { Visitor } from './visitor.js';

const PATIENCE_MS = 30_000;

/** Some clients at work, behind the round robin, and the judgement of all that they are told. */
export class Traffic {
    readonly verdict: Verdict;
    readonly visitors: Visitor[] = [];
    readonly #cluster: Cluster;
    readonly #loops: Promise<void>[] = [];
    #isOver = false;

    private constructor(cluster: Cluster, losses: Losses) {
        this.#cluster = cluster;
        this.verdict = new Verdict(losses);
    }

    /** Begins with so many sessions. */
    static async start(cluster: Cluster, { visitors = 5, ...losses }: Losses & { visitors?: number } = {}): Promise<Traffic> {
        const traffic = new Traffic(cluster, losses);
        await Promise.all(Array.from({ length: visitors }, () => traffic.add()));
        return traffic;
    }

    /** One more client. Resolves when its session has begun. */
    async add(): Promise<Visitor> {
        const visitor = new Visitor(this.#cluster.proxy.url, this.verdict);
        await Fixture.until('a session begins', () => visitor.begin(), PATIENCE_MS);
        this.visitors.push(visitor);
        this.#loops.push(this.#keepGoing(visitor));
        return visitor;
    }

    get lost(): Visitor[] {
        return this.visitors.filter(({ isLost }) => isLost);
    }

    get live(): Visitor[] {
        return this.visitors.filter(({ isLost }) => !isLost);
    }

    /** Waits until every session that is not lost has been through everything once more, from now on. */
    async goesOn(): Promise<void> {
        const before = new Map(this.visitors.map(visitor => [visitor, visitor.rounds]));
        const hasGoneOn = (visitor: Visitor) => visitor.isLost || visitor.rounds >= (before.get(visitor) ?? 0) + 2;
        await Fixture.until('all sessions go on', () => this.verdict.problems.length > 0 || this.visitors.every(hasGoneOn), PATIENCE_MS);
    }

    /** Waits until somebody has been told to come again. */
    async seesOutage(): Promise<void> {
        const before = this.verdict.answers(503);
        await Fixture.until('somebody is answered 503', () => this.verdict.answers(503) > before, PATIENCE_MS);
    }

    /** Waits for so many more answers, whatever they say. */
    async answers(count: number): Promise<void> {
        const before = this.verdict.answers();
        await Fixture.until(`there are ${count} more answers`, () => this.verdict.answers() >= before + count, PATIENCE_MS);
    }

    /** The clients finish what they do. */
    async stop(): Promise<void> {
        this.#isOver = true;
        await Promise.all(this.#loops);
    }

    /** Looks whether everything is there that was acknowledged, at every node. To be called when the server is back. */
    async checkAll(): Promise<void> {
        for (const visitor of this.visitors) {
            for (const node of this.#cluster.nodes) await this.#checkState(visitor, visitor.wire.at(mcpUrl(node)));
            await this.#checkCalls(visitor);
        }
    }

    async #keepGoing(visitor: Visitor): Promise<void> {
        while (!this.#isOver && !visitor.isLost) {
            try {
                await visitor.round(() => this.#isOver);
            } catch (error) {
                this.verdict.problem(`A client failed: ${inspect(error)}`);
                return;
            }
        }
    }

    async #checkState({ secret, uris, isLost }: Visitor, wire: Wire): Promise<void> {
        const answer = await wire.request('tools/call', { name: 'state', arguments: {} });
        const { status, headers, body } = answer;
        this.verdict.note({ secret, what: 'state', status, retryAfter: headers.get('retry-after'), body });
        if (status !== 200) {
            if (status === 503) this.verdict.problem('The server is back, and the session is answered 503');
            return;
        }
        if (isLost) this.verdict.problem('A session that was lost is there again');
        const { subscriptions } = JSON.parse(resultText(answer.messages.at(-1) as WireMessage) ?? '{}') as State;
        const missing = uris.filter(uri => !subscriptions.includes(uri));
        if (missing.length > 0 && !this.verdict.losses.writes) {
            this.verdict.problem(`Of ${uris.length} changes that were acknowledged ${missing.length} are gone`);
        }
    }

    async #checkCalls({ secret, calls, wire }: Visitor): Promise<void> {
        for (const { primingId, events } of calls) {
            const stream = await wire.listen(primingId);
            const { status, headers } = stream.response;
            const body = stream.isStream ? '' : await stream.body();
            this.verdict.note({ secret, what: 'resume', status, retryAfter: headers.get('retry-after'), body });
            if (status !== 200) continue;
            await stream.rest();
            const replayed = stream.seen.filter(({ data }) => data).map(({ id, data }) => `${id} ${data}`);
            this.verdict.checkSecret(secret, 'resume', replayed.join(' '));
            const isWhole = events.every(({ id, data }) => replayed.includes(`${id} ${data}`));
            if (!isWhole && !this.verdict.losses.writes) this.verdict.problem('Events that were acknowledged are not replayed');
        }
    }
}
