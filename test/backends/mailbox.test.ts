import { InMemoryMailbox } from '@mcp-sessions/core';
import { mailboxContract, testContract } from '@mcp-sessions/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';

testContract(mailboxContract, {
    name: 'InMemoryMailbox',
    open: async () => {
        const mailbox = new InMemoryMailbox();
        return { mailbox: () => mailbox, close: async () => undefined };
    },
    describe,
    it
});

describe('InMemoryMailbox', () => {
    afterEach(() => {
        vi.useRealTimers();
    });

    it('B1: keeps messages for a minute, then nothing of their address, and a cursor outlives them', async () => {
        vi.useFakeTimers();
        const mailbox = new InMemoryMailbox();
        const start = (await mailbox.collect(new Map([['nodes', undefined]]))).get('nodes')!;
        await mailbox.post('nodes', 'old');
        vi.advanceTimersByTime(59_000);
        await mailbox.post('node/a', 'x');
        expect((await mailbox.collect(new Map([['nodes', start.cursor]]))).get('nodes')).toMatchObject({
            messages: ['old'],
            missed: false
        });
        vi.advanceTimersByTime(2000);
        await mailbox.post('node/a', 'x');
        expect(mailbox.size).toBe(1);
        await mailbox.post('nodes', 'new');
        expect((await mailbox.collect(new Map([['nodes', start.cursor]]))).get('nodes')).toMatchObject({ messages: ['new'], missed: true });
    });
});
