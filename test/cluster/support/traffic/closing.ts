import { afterEach } from 'vitest';

interface Stoppable {
    stop(): Promise<unknown>;
}

/** What is handed over is ended after each test, or with another hook, the last first. */
export function closing(
    after: (end: () => Promise<void>) => void = afterEach
): <T extends Stoppable>(started: T | Promise<T>) => Promise<T> {
    const open: Stoppable[] = [];
    after(async () => {
        for (const started of open.splice(0).reverse()) await started.stop();
    });
    return async started => {
        const opened = await started;
        open.push(opened);
        return opened;
    };
}
