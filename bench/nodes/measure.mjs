import { spread } from '../statistics.mjs';
import { startProcess } from '../process/parent.mjs';
import { Client } from './client.mjs';

const NODE = new URL('./node.mjs', import.meta.url);

/** Each is done so many times to count what one costs the store. */
const COUNTED = 50;

/**
 * What it costs that a session is on several nodes: two processes on one Redis.
 *
 * @param {{ url: string, keyPrefix: string }} redis
 * @param {{ rounds: number, resumes: { events: number, rounds: number }[], stored: number[] }} timing
 */
export async function measureNodes(redis, timing) {
    const args = [JSON.stringify(redis)];
    const nodes = [await startProcess(NODE, { args }), await startProcess(NODE, { args })];
    try {
        const client = new Client(await Promise.all(nodes.map(node => node.ask('port'))));
        await client.begin();
        await questions(client, 50);
        const result = {
            questions: await questions(client, timing.rounds),
            resumes: [],
            operations: await operations(client, nodes),
            growth: []
        };
        for (const { events, rounds } of timing.resumes) result.resumes.push({ events, ...(await resumes(client, events, rounds)) });
        let stored = 0;
        for (const count of timing.stored) {
            await nodes[1].ask('fill', { count: count - stored });
            stored = count;
            result.growth.push({ stored, ...(await growth(client, nodes, Math.ceil(timing.rounds / 4))) });
        }
        return result;
    } finally {
        for (const node of nodes) {
            await node.ask('stop');
            await node.stop();
        }
    }
}

/** Milliseconds from the POST of an answer to the result of the tool that asked, where the answer lands and next door. */
async function questions(client, rounds) {
    const raw = { same: [], other: [] };
    for (let round = 0; round < rounds; round++) {
        for (const where of round % 2 === 0 ? ['same', 'other'] : ['other', 'same']) {
            const stream = await client.tool(0, 'ask');
            const { id } = await stream.next();
            const start = performance.now();
            await client.post(where === 'same' ? 0 : 1, { jsonrpc: '2.0', id, result: { action: 'accept', content: { word: 'yes' } } });
            await stream.count();
            raw[where].push(performance.now() - start);
        }
    }
    return { same: spread(raw.same), other: spread(raw.other), raw };
}

/** Milliseconds from a GET with `Last-Event-ID` on the other node to the end of so many events. */
async function resumes(client, events, rounds) {
    const stream = await client.tool(0, 'say', { count: events });
    await stream.next();
    const from = stream.lastEventId;
    await stream.count();
    const raw = [];
    for (let round = 0; round < rounds; round++) {
        const start = performance.now();
        const count = await (await client.get(1, from)).count();
        if (count !== events) throw new Error(`${count} events were resumed in place of ${events}`);
        raw.push(performance.now() - start);
    }
    return { ms: spread(raw), raw };
}

/** Commands and bytes that Redis sees of one operation, both ways together. */
async function operations(client, nodes) {
    const answer = async (asked, answered) => {
        const stream = await client.tool(asked, 'ask');
        const { id } = await stream.next();
        await client.post(answered, { jsonrpc: '2.0', id, result: { action: 'accept', content: { word: 'yes' } } });
        await stream.count();
    };
    const all = {
        'a tool call': async () => (await client.tool(0, 'echo', { text: 'hello' })).count(),
        'a tool call with 10 notifications': async () => (await client.tool(0, 'say', { count: 10 })).count(),
        'a tool call with a question, answered on the same node': () => answer(0, 0),
        'a tool call with a question, answered on another node': () => answer(0, 1),
        'a cancellation that means nothing': async () =>
            (await client.post(1, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'none' } })).text(),
        'a GET that is opened and closed again': async () => (await client.get(1)).cut(),
        'a session, from initialize to DELETE': async () => {
            const other = new Client(client.urls.map(url => new URL(url).port));
            await other.begin();
            await other.end(0);
        }
    };
    const counted = [];
    for (const [what, run] of Object.entries(all)) {
        await run();
        const before = await nodes[0].ask('redisUsage');
        const sent = await commandsSent(nodes);
        for (let i = 0; i < COUNTED; i++) await run();
        const commands = (await commandsSent(nodes)) - sent;
        const after = await nodes[0].ask('redisUsage');
        counted.push({
            what,
            commands: commands / COUNTED,
            bytes: (after.bytes - before.bytes - after.ownBytes) / COUNTED,
            cpuMicros: (after.cpuMicros - before.cpuMicros) / COUNTED
        });
    }
    return counted;
}

async function commandsSent(nodes) {
    const counts = await Promise.all(nodes.map(node => node.ask('commandsSent')));
    return counts.reduce((sum, count) => sum + count, 0);
}

/** What a client waits for, in milliseconds, with so many other sessions in the store. */
async function growth(client, nodes, rounds) {
    const first = [];
    const warm = [];
    for (let round = 0; round < rounds; round++) {
        await nodes[1].ask('forget');
        first.push(await timed(() => client.tool(1, 'echo', { text: 'hello' })));
        warm.push(await timed(() => client.tool(1, 'echo', { text: 'hello' })));
    }
    const { other } = await questions(client, rounds);
    const { ms } = await resumes(client, 10, rounds);
    return { first: spread(first), warm: spread(warm), answered: other, resumed: ms };
}

async function timed(call) {
    const start = performance.now();
    await (await call()).count();
    return performance.now() - start;
}
