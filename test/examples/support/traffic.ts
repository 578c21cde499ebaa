import { officialClient } from '../../cluster/support/officialClient.js';
import { Fixture } from '../../cluster/support/fixture.js';

/** Clients that call without a pause, on connections that they keep, and must be answered. */
export interface Traffic {
    /** Resolves when so many more calls have been answered; rejects when one was not. */
    go(more: number): Promise<void>;
    /** Ends the clients, and returns the errors that they were told of. */
    stop(): Promise<unknown[]>;
}

/** @param count how many clients, each in a session of its own, which counts its calls */
export async function startTraffic(url: string, count: number): Promise<Traffic> {
    const clients = await Promise.all(Array.from({ length: count }, () => officialClient(url)));
    const errors: unknown[] = [];
    clients.forEach(({ client }) => (client.onerror = error => errors.push(String(error))));
    let isOver = false;
    let answered = 0;
    const lanes = clients.map(async ({ tool }) => {
        for (let calls = 1; !isOver; calls++) {
            const { count: counted } = JSON.parse(await tool('count')) as { count: number };
            if (counted !== calls) throw new Error(`The session has counted to ${counted} in place of ${calls}.`);
            answered++;
        }
    });
    let failure: Error | undefined;
    const all = Promise.all(lanes).catch((error: unknown) => {
        isOver = true;
        failure = new Error('A call was not answered', { cause: error });
    });
    return {
        async go(more) {
            const target = answered + more;
            await Fixture.until('calls are answered', () => failure !== undefined || answered >= target, 60_000);
            if (failure) throw failure;
        },
        async stop() {
            isOver = true;
            await all;
            if (failure) throw failure;
            const told = [...errors];
            await Promise.all(clients.map(({ client }) => client.close()));
            return told;
        }
    };
}
