import type { Mail, Mailbox } from '@mcp-sessions/core';
import type { Clause, Closable, Contract, NoLimits } from '../contract.js';
import { expect, Unmet } from '../expect.js';
import { nth } from '../nth.js';

/** A mailbox, as `open` gives it. */
export interface MailboxUnderTest extends Closable {
    /** The mailbox as one more node has it. */
    mailbox(): Mailbox;
}

const clauses: readonly Clause<NoLimits, MailboxUnderTest>[] = [
    {
        title: 'collect: without a cursor it begins at this moment',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.mailbox(), backend.mailbox()];
            await a.post('nodes', 'before');
            const { messages, cursor } = await one(b, 'nodes');
            expect(messages).toEqual([]);
            await a.post('nodes', 'behind');
            expect((await one(b, 'nodes', cursor)).messages).toEqual(['behind']);
            // The first letter that an address ever gets is not missed either.
            const { cursor: unused } = await one(b, 'node/unused');
            await a.post('node/unused', 'first');
            expect((await one(b, 'node/unused', unused)).messages).toEqual(['first']);
        }
    },
    {
        title: 'collect: from the beginning it has all that is kept',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.mailbox(), backend.mailbox()];
            const { messages: none, cursor } = await one(b, 'node/a', '');
            expect(none).toEqual([]);
            await a.post('node/a', '1');
            await a.post('node/a', '2');
            expect((await one(b, 'node/a', '')).messages).toEqual(['1', '2']);
            const all = await one(b, 'node/a', cursor);
            expect(all.messages).toEqual(['1', '2']);
            await a.post('node/a', '3');
            expect((await one(b, 'node/a', all.cursor)).messages).toEqual(['3']);
        }
    },
    {
        title: 'collect: what came since the cursor, in order, each message once',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.mailbox(), backend.mailbox()];
            let { cursor } = await one(b, 'nodes');
            const heard: string[] = [];
            for (let round = 0; round < 6; round++) {
                for (let index = 0; index < round * 10; index++) {
                    await a.post('nodes', `${round}.${index}`);
                }
                cursor = await collectAll(b, cursor, heard);
            }
            expect(heard).toEqual([1, 2, 3, 4, 5].flatMap(round => Array.from({ length: round * 10 }, (_, index) => `${round}.${index}`)));
        }
    },
    {
        title: 'collect: answers for every address that was asked for, each with its own',
        async run(open) {
            const backend = await open();
            const [a, b] = [backend.mailbox(), backend.mailbox()];
            expect((await b.collect(new Map())).size).toBe(0);
            const addresses = ['nodes', 'node/a', 'node/aa', 'session/*', 'session/:x:', 'node/unused'];
            const start = await b.collect(new Map(addresses.map(address => [address, undefined])));
            expect([...start.keys()].sort()).toEqual([...addresses].sort());
            for (const address of [...addresses.slice(0, -1), 'session/other']) {
                await a.post(address, address);
            }
            const cursors = new Map<string, string | undefined>([...start].map(([address, { cursor }]) => [address, cursor]));
            const mail = await b.collect(cursors.set('node/new', undefined));
            expect(Object.fromEntries([...mail].map(([address, { messages }]) => [address, messages]))).toEqual({
                ...Object.fromEntries(addresses.map(address => [address, [address]])),
                'node/unused': [],
                'node/new': []
            });
        }
    },
    {
        title: 'collect: removes nothing, so every node gets everything',
        async run(open) {
            const backend = await open();
            const nodes = [backend.mailbox(), backend.mailbox(), backend.mailbox()];
            const cursors = await Promise.all(nodes.map(async node => (await one(node, 'nodes')).cursor));
            await nth(nodes, 0).post('nodes', '1');
            for (const [index, node] of [...nodes.entries(), ...nodes.entries()]) {
                expect((await one(node, 'nodes', cursors[index])).messages).toEqual(['1']);
            }
        }
    },
    {
        title: 'post: a message arrives as it was, whatever is in it',
        async run(open) {
            const backend = await open();
            const mailbox = backend.mailbox();
            const messages = ['', ' ', 'é ☃ 😀', '\n\r\n\u0000"\\', '{"a":[1]}', '*', '1', 'x'.repeat(200_000)];
            const { cursor } = await one(mailbox, 'nodes');
            const heard: string[] = [];
            for (const message of messages) {
                await mailbox.post('nodes', message);
            }
            await collectAll(mailbox, cursor, heard);
            expect(heard).toEqual(messages);
        }
    },
    {
        title: 'B2: post: an address holds some hundred messages, and of more the newest',
        async run(open) {
            const backend = await open();
            const mailbox = backend.mailbox();
            const { cursor } = await one(mailbox, 'nodes');
            const all = Array.from({ length: 3000 }, (_, index) => String(index));
            for (const message of all) {
                await mailbox.post('nodes', message);
            }
            const heard: string[] = [];
            await collectAll(mailbox, cursor, heard);
            expect(heard).toEqual(all.slice(-heard.length));
            expect(heard.length).toBeAtLeast(100);
            expect(heard.length).toBeBelow(2000);
        }
    }
];

/** The contract of a `Mailbox`. */
export const mailboxContract: Contract<NoLimits, MailboxUnderTest> = { name: 'Mailbox', clauses };

/** Collects until nothing more comes; the cursor where that is. */
async function collectAll(mailbox: Mailbox, from: string, heard: string[]): Promise<string> {
    let cursor = from;
    for (let calls = 0; ; calls++) {
        expect(calls, 'calls of collect that each had messages').toBeBelow(5000);
        const mail = await one(mailbox, 'nodes', cursor);
        if (mail.messages.length === 0) {
            return mail.cursor;
        }
        heard.push(...mail.messages);
        cursor = mail.cursor;
    }
}

async function one(mailbox: Mailbox, address: string, cursor?: string): Promise<Mail> {
    const mail = (await mailbox.collect(new Map([[address, cursor]]))).get(address);
    if (!mail) {
        throw new Unmet(`expected mail for ${address}, got none`, address, undefined);
    }
    return mail;
}
