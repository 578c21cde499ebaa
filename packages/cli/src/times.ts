import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `90s`, `15m`, `2h`, `7d`, `500ms`; of a number alone, seconds. For an option of commander. */
export function parseDuration(text: string): number {
    const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|[smhd])?$/.exec(text.trim()) ?? [];
    const ms = Number(number) * (units[unit] ?? NaN);
    if (!Number.isFinite(ms)) {
        throw new InvalidArgumentError('It must be a time such as 90s, 15m, 2h or 7d.');
    }
    return ms;
}

/** What timers can wait, in milliseconds. */
export const longestTimerMs = 2 ** 31 - 1;
/** A hundred years, in milliseconds: more is a mistake. */
export const longestMs = 100 * 365 * 86_400_000;

/** {@link parseDuration} within bounds, in milliseconds. */
export function timeFrom(leastMs: number, mostMs: number): (text: string) => number {
    return text => {
        const ms = parseDuration(text);
        if (ms < leastMs || ms > mostMs) {
            throw new InvalidArgumentError(`It must be a time of ${leastMs} ms to ${duration(mostMs)}.`);
        }
        return ms;
    };
}

/** Milliseconds since the epoch, of a date (`2026-02-01`, `2026-02-01T08:30:00Z`) or of how long ago it was (`2h`). */
export function parseMoment(text: string): number {
    if (/^\d+(\.\d+)?(ms|[smhd])?$/.test(text.trim())) {
        return Date.now() - parseDuration(text);
    }
    const ms = /^\d{4}-\d\d/.test(text.trim()) ? Date.parse(text.trim()) : NaN;
    if (!Number.isFinite(ms)) {
        throw new InvalidArgumentError('It must be a date such as 2026-02-01T08:30:00Z, or how long ago it was, such as 2h.');
    }
    return ms;
}

/** A whole number within bounds. */
export function countFrom(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
    return text => {
        const count = Number(text);
        if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(count) || count < least || count > most) {
            const bound = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
            throw new InvalidArgumentError(`It must be a whole number, ${bound}.`);
        }
        return count;
    };
}

/** `42s`, `5m 10s`, `3h 20m`, `2d 4h`: two units at most. */
export function duration(ms: number): string {
    if (!Number.isFinite(ms)) {
        return '?';
    }
    const seconds = Math.max(0, Math.round(ms / 1000));
    const parts: [number, string][] = [
        [Math.floor(seconds / 86_400), 'd'],
        [Math.floor(seconds / 3600) % 24, 'h'],
        [Math.floor(seconds / 60) % 60, 'm'],
        [seconds % 60, 's']
    ];
    const first = parts.findIndex(([count]) => count > 0);
    const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2);
    return shown
        .filter(([count], index) => index === 0 || count > 0)
        .map(([count, unit]) => `${count}${unit}`)
        .join(' ');
}

/** A moment as ISO 8601; undefined for what is no moment. */
export function isoTime(ms: unknown): string | undefined {
    return typeof ms === 'number' && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined;
}
