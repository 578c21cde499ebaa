import type { SessionStore } from '@mcp-sessions/core';

export interface GatedStore {
    store: SessionStore;
    /** Every call of a method, in order. */
    calls: string[];
    /** Makes the next call of a method wait, before or after the store has done it. */
    hold(method: keyof SessionStore, when?: 'before' | 'after'): { reached: Promise<void>; open(): void };
    /** Lets the next call of a method reach the store, and then loses its answer: the call is made again, as a driver does. */
    loseAnswer(method: keyof SessionStore): void;
}

/** A store whose calls can be held and whose answers can be lost, to bring about an order of events. */
export function gatedStore(inner: SessionStore): GatedStore {
    const calls: string[] = [];
    const held = new Map<string, { when: 'before' | 'after'; reach(): void; passed: Promise<void> }>();
    const lossy = new Set<string>();
    const store = new Proxy(inner, {
        get(target, property) {
            const member = target[property as keyof SessionStore] as unknown;
            if (typeof member !== 'function') {
                return member;
            }
            const call = (...args: unknown[]): Promise<unknown> => (member as (...args: unknown[]) => Promise<unknown>).apply(target, args);
            return async (...args: unknown[]): Promise<unknown> => {
                const name = String(property);
                calls.push(name);
                const gate = held.get(name);
                held.delete(name);
                if (gate?.when === 'before') {
                    gate.reach();
                    await gate.passed;
                }
                let result = await call(...args);
                if (lossy.delete(name)) {
                    result = await call(...args);
                }
                if (gate?.when === 'after') {
                    gate.reach();
                    await gate.passed;
                }
                return result;
            };
        }
    });
    return {
        store,
        calls,
        hold(method, when = 'before') {
            let reach!: () => void;
            let open!: () => void;
            const reached = new Promise<void>(resolve => (reach = resolve));
            const passed = new Promise<void>(resolve => (open = resolve));
            held.set(method, { when, reach, passed });
            return { reached, open };
        },
        loseAnswer: method => void lossy.add(method)
    };
}
