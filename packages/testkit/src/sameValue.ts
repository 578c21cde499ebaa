/**
 * Whether two values are alike as JSON has them: by their members, not by their prototypes, since a test framework may run
 * the test in another realm than what it tests. A member that is undefined is as good as none.
 */
export function isSame(a: unknown, b: unknown): boolean {
    if (!isObject(a) || !isObject(b)) {
        return Object.is(a, b);
    }
    if (Array.isArray(a) !== Array.isArray(b) || (Array.isArray(a) && a.length !== (b as unknown as unknown[]).length)) {
        return false;
    }
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every(key => isSame(own(a, key), own(b, key)));
}

/** Whether a value has all members that another has, and these are alike. */
export function hasAll(value: unknown, members: Record<string, unknown>): boolean {
    return isObject(value) && Object.keys(members).every(key => isSame(own(value, key), members[key]));
}

/** Anything else than a list or a plain object, such as a `Map`, is only like itself. */
function isObject(value: unknown): value is Record<string, unknown> {
    return /^\[object (?:Object|Array)\]$/.test(Object.prototype.toString.call(value));
}

function own(value: Record<string, unknown>, key: string): unknown {
    return Object.hasOwn(value, key) ? value[key] : undefined;
}
