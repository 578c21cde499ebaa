import { settings } from './settings.js';

const intervalMs = 20;

/** Repeats a check until it passes, and returns what it returns; fails as the last one did when patience ends. */
export async function waitFor<T>(check: () => T | Promise<T>): Promise<T> {
    const { patienceMs } = settings();
    const deadline = performance.now() + patienceMs;
    for (;;) {
        try {
            return await check();
        } catch (error) {
            if (performance.now() >= deadline) {
                if (error instanceof Error) {
                    error.message += ` (waited ${patienceMs} ms)`;
                }
                throw error;
            }
        }
        await pause(intervalMs);
    }
}

/** Time in which others do something. */
export function pause(ms: number): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, ms));
}
