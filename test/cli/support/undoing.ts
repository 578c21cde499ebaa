import { afterEach } from 'vitest';

/** Steps that are taken after the test which pushed them, the last one first. */
export function undoing(): (() => unknown)[] {
    const steps: (() => unknown)[] = [];
    afterEach(async () => {
        for (const step of steps.splice(0).reverse()) await step();
    });
    return steps;
}
