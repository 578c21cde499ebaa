// The load generator: a process of its own that does what the runner tells it.

import { answerParent } from '../process/child.mjs';
import { Client } from './client.mjs';

/** @type {Map<string, Client>} */
const clients = new Map();

answerParent({
    open: async ({ name, port, connections }) => {
        clients.set(name, await Client.open(port, connections));
    },
    openSessions: ({ name }) => clients.get(name).openSessions(),
    fill: ({ name, count }) => clients.get(name).fill(count),
    crowd: ({ name, count, active, calls }) => clients.get(name).crowd(count, active, calls),
    slice: async ({ name, kind, ms }) => {
        const before = process.cpuUsage();
        const result = await clients.get(name).slice(kind, ms);
        const { user, system } = process.cpuUsage(before);
        return { ...result, loadCpuMicros: user + system };
    },
    close: async ({ name }) => {
        clients.get(name).close();
        clients.delete(name);
    }
});
