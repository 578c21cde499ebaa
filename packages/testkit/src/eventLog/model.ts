import type { Claim, EventLog, LogCursor, NewEvent } from '@mcp-sessions/core';
import fc from 'fast-check';
import { expect } from '../expect.js';
import { nth } from '../nth.js';
import { forRandomSteps } from '../random.js';
import { event, final, newSession, readTexts, textOf, type LogClause, type LogUnderTest } from './support.js';

/** One session's log, as simple as can be: everything is kept, in one list. */
class ModelLog {
    events: (NewEvent & { readonly position: string })[] = [];
    readonly readers = new Map<string, string>();
    readonly delivered = new Map<string, number>();
    isDropped = false;

    accepts({ streamId, finalOf }: NewEvent): boolean {
        return (
            !this.isDropped &&
            (finalOf === undefined || !this.events.some(other => other.streamId === streamId && other.finalOf === finalOf))
        );
    }

    /** Texts behind a cursor; null where it is of no use. */
    read(streamId: string, cursor: LogCursor): string[] | null {
        const position = 'after' in cursor ? cursor.after : cursor.since;
        const index = this.events.findIndex(event => event.position === position);
        if ('after' in cursor ? this.events[index]?.streamId !== streamId : index < 0 && position !== '') {
            return null;
        }
        return this.events
            .slice(index + 1)
            .filter(event => event.streamId === streamId)
            .map(({ message }) => textOf(message));
    }

    claim(streamId: string, reader: string, condition?: { ifHeldBy: string | undefined }): Claim {
        const previous = this.readers.get(streamId);
        const granted = !condition || condition.ifHeldBy === previous;
        if (granted) {
            this.readers.set(streamId, reader);
        }
        return { granted, previous, delivered: this.events[this.delivered.get(streamId) ?? -1]?.position, kept: '' };
    }

    release(streamId: string, reader: string, index: number): void {
        if (this.readers.get(streamId) === reader) {
            this.readers.delete(streamId);
        }
        this.delivered.set(streamId, Math.max(index, this.delivered.get(streamId) ?? -1));
    }

    drop(): void {
        this.isDropped = true;
        this.events = [];
        this.readers.clear();
        this.delivered.clear();
    }
}

const where = { session: fc.nat(1), node: fc.nat(1), stream: fc.constantFrom('s', 't', 'standalone') };
const reader = fc.constantFrom('a.1', 'a.2', 'b.1');
const newEvent = fc.record({ stream: where.stream, finalOf: fc.constantFrom(undefined, undefined, '0', '1'), undelivered: fc.boolean() });

/** What a node may do next. `pick` chooses among the events that there are. */
const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('append' as const), ...where, events: fc.array(newEvent, { maxLength: 4 }) }) },
    {
        weight: 8,
        arbitrary: fc.record({
            do: fc.constant('read' as const),
            ...where,
            kind: fc.constantFrom('after' as const, 'since' as const),
            pick: fc.nat(40),
            limit: fc.integer({ min: 1, max: 6 })
        })
    },
    {
        weight: 5,
        arbitrary: fc.record({
            do: fc.constant('claim' as const),
            ...where,
            reader,
            condition: fc.option(fc.record({ ifHeldBy: fc.option(reader, { nil: undefined }) }), { nil: undefined })
        })
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('release' as const), ...where, reader, pick: fc.nat(40) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('touch' as const), ...where }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('drop' as const, 'touch' as const), ...where }) }
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The contract beside a model of it. */
export const modelClauses: LogClause[] = [
    {
        title: 'whatever nodes do, the log does the same as a model of it',
        run: async open => checkAgainstModel(await open())
    }
];

/** Random things that two nodes do with two sessions come to the same in the log as in the model. */
async function checkAgainstModel(backend: LogUnderTest): Promise<void> {
    const nodes = [backend.log(), backend.log()];
    await forRandomSteps(step, 60, async steps => {
        const sessions = [newSession(), newSession()].map(id => ({ id, model: new ModelLog() }));
        let texts = 0;
        for (const next of steps) {
            const { id, model } = nth(sessions, next.session);
            await take(next, nth(nodes, next.node), id, model, () => ++texts);
        }
        for (const { id, model } of sessions) {
            for (const streamId of ['s', 't', 'standalone']) {
                expect((await readTexts(nth(nodes, 0), id, streamId)) ?? []).toEqual(model.read(streamId, { since: '' }));
            }
        }
    });
}

async function take(next: Step, log: EventLog, id: string, model: ModelLog, nextText: () => number): Promise<void> {
    const { stream } = next;
    const index = 'pick' in next && model.events.length > 0 ? (next.pick % (model.events.length + 1)) - 1 : -1;
    const position = model.events[index]?.position ?? '';
    switch (next.do) {
        case 'append': {
            const events = next.events.map(({ stream, finalOf, undelivered }) =>
                finalOf === undefined ? event(stream, nextText()) : final(stream, nextText(), finalOf, undelivered)
            );
            const positions = await log.append(id, events);
            expect(positions).toHaveLength(events.length);
            for (const [index, event] of events.entries()) {
                const position = nth(positions, index);
                expect(position !== null, 'appended').toBe(model.accepts(event));
                if (position !== null) {
                    model.events.push({ ...event, position });
                }
            }
            return;
        }
        case 'read': {
            const cursor: LogCursor = next.kind === 'after' ? { after: position } : { since: position };
            const expected = model.isDropped && position === '' && next.kind === 'since' ? [] : model.read(stream, cursor);
            const found = await readTexts(log, id, stream, cursor, next.limit);
            expect(model.isDropped ? (found ?? []) : found).toEqual(model.isDropped ? [] : expected);
            if (!model.isDropped && found) {
                const page = await log.read(id, stream, cursor, next.limit);
                expect(page?.reader).toBe(model.readers.get(stream));
                expect(page?.last).toEqual(next.kind === 'after' ? model.events[index]?.message : undefined);
            }
            return;
        }
        case 'claim':
            if (!model.isDropped) {
                expect(await log.claim(id, stream, next.reader, next.condition)).toEqual(model.claim(stream, next.reader, next.condition));
            }
            return;
        case 'release':
            await log.release(id, stream, next.reader, position);
            model.release(stream, next.reader, model.isDropped ? -1 : index);
            return;
        case 'drop':
            await log.drop(id);
            model.drop();
            return;
        case 'touch':
            await log.touch(id);
    }
}
