import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

/** What `--cpu-prof` does, but from a chosen moment on, so that starting and warming up are left out. */
export class CpuProfiler {
    #session = new Session();

    async start() {
        this.#session.connect();
        await this.#session.post('Profiler.enable');
        await this.#session.post('Profiler.setSamplingInterval', { interval: 250 });
        await this.#session.post('Profiler.start');
    }

    async stop(file) {
        const { profile } = await this.#session.post('Profiler.stop');
        this.#session.disconnect();
        writeFileSync(file, JSON.stringify(profile));
    }
}
