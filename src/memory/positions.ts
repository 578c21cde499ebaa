/**
 * The last position given out. One count for all logs of the process, so no log begins again where another ended, and it
 * starts at the clock in microseconds, so neither does the log of the next process.
 */
let last = Date.now() * 1000;

export function nextPosition(): number {
    return ++last;
}

/** 0 is before all positions; its text is empty. */
export function positionText(position: number): string {
    return position === 0 ? '' : String(position);
}

/** Undefined for anything that {@link positionText} does not make. */
export function parsePosition(text: string): number | undefined {
    return text === '' ? 0 : /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
}
