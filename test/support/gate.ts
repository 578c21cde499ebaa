export interface Gated<T> {
    /** The inner one, behind the gates. */
    gated: T;
    /** Every call of a method, in order. */
    calls: string[];
    /** Makes the next call of a method wait, before or after the inner one has done it. */
    hold(method: keyof T, when?: 'before' | 'after'): { reached: Promise<void>; open(): void };
    /** Lets the next call of a method reach the inner one, and then loses its answer: the call is made again, as a driver does. */
    loseAnswer(method: keyof T): void;
    /** Makes the next call of a method fail without reaching the inner one. */
    fail(method: keyof T): void;
}

/** A store, a log or a bus whose calls can be held and whose answers can be lost, to bring about an order of events. */
export function gate<T extends object>(inner: T): Gated<T> {
    const calls: string[] = [];
    const held = new Map<string, { when: 'before' | 'after'; reach(): void; passed: Promise<void> }>();
    const lossy = new Set<string>();
    const failing = new Set<string>();
    const gated = new Proxy(inner, {
        get(target, property) {
            const member = target[property as keyof T] as unknown;
            if (typeof member !== 'function') {
                return member;
            }
            const call = (...args: unknown[]): Promise<unknown> => (member as (...args: unknown[]) => Promise<unknown>).apply(target, args);
            return async (...args: unknown[]): Promise<unknown> => {
                const name = String(property);
                calls.push(name);
                if (failing.delete(name)) {
                    throw new Error(`${name} was made to fail`);
                }
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
        gated,
        calls,
        hold(method, when = 'before') {
            let reach!: () => void;
            let open!: () => void;
            const reached = new Promise<void>(resolve => (reach = resolve));
            const passed = new Promise<void>(resolve => (open = resolve));
            held.set(String(method), { when, reach, passed });
            return { reached, open };
        },
        loseAnswer: method => void lossy.add(String(method)),
        fail: method => void failing.add(String(method))
    };
}
