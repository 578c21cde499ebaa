/** @throws RangeError for a number that is not positive. @returns the time in whole milliseconds. */
export function milliseconds(seconds: number, name: string): number {
    if (!Number.isFinite(seconds) || seconds <= 0) {
        throw new RangeError(`${name} must be a positive number of seconds, got ${String(seconds)}`);
    }
    return Math.ceil(seconds * 1000);
}

/** @throws RangeError for what is no positive number. */
export function requirePositive(value: number, name: string): number {
    if (!Number.isFinite(value) || value <= 0) {
        throw new RangeError(`${name} must be a positive number, got ${String(value)}`);
    }
    return value;
}

/** @throws RangeError for what is neither zero nor a positive number. */
export function requireNotNegative(value: number, name: string): number {
    if (!Number.isFinite(value) || value < 0) {
        throw new RangeError(`${name} must be zero or a positive number, got ${String(value)}`);
    }
    return value;
}

/** @throws RangeError for what is no positive whole number. */
export function requireCount(value: number, name: string): number {
    if (!Number.isSafeInteger(value) || value <= 0) {
        throw new RangeError(`${name} must be a positive whole number, got ${String(value)}`);
    }
    return value;
}
