// One server under test: a process of its own, told by its first argument what to be.

import { setTimeout as delay } from 'node:timers/promises';
import { answerParent } from '../process/child.mjs';
import { CpuProfiler } from '../profile/cpuProfiler.mjs';
import { startBareApp } from './bareApp.mjs';
import { startDirectApp } from './directApp.mjs';
import { startHandlerApp } from './handlerApp.mjs';
import { startMcpApp } from './mcpApp.mjs';

const APPS = { mcp: startMcpApp, handler: startHandlerApp, bare: startBareApp, direct: startDirectApp };

const spec = JSON.parse(process.argv[2]);
const app = await APPS[spec.app](spec);
const profiler = new CpuProfiler();

answerParent({
    port: () => app.port,
    cpuMicros: () => {
        const { user, system } = process.cpuUsage();
        return user + system;
    },
    storeCalls: () => app.storeCalls?.(),
    slice: ({ ms }) => app.slice(ms),
    endSessions: ({ keep }) => app.endSessions(keep),
    memory: async () => {
        // One collection leaves what finalizers and weak references still hold.
        for (let pass = 0; pass < 4; pass++) {
            globalThis.gc();
            await delay(50);
        }
        return { sessions: app.sessionCount(), ...process.memoryUsage() };
    },
    startProfile: () => profiler.start(),
    stopProfile: ({ file }) => profiler.stop(file)
});
