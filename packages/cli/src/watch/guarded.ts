/**
 * Calls back with what other processes told, one thing at a time: what cannot be shown is passed over. They may be of another
 * release, or anybody who has the password of the store.
 */
export function guarded<A extends unknown[]>(show: (...args: A) => void, onunknown: (error: unknown) => void): (...args: A) => void {
    return (...args) => {
        try {
            show(...args);
        } catch (error) {
            onunknown(error);
        }
    };
}
