/** Postgres takes less than 8000 bytes. A bell is short. */
const longestBell = 1000;

/** What a bell may hold: of which stream or session there is something to look for, and who says so. */
const fields = ['stream', 'changed', 'noticed', 'from'];

/**
 * Whether a message says no more than where to look: nothing of what a client or a server has said, and nothing that is believed
 * or obeyed. For everybody who may connect to the database can hear a notification, and can send one.
 */
export function isBell(message: string): boolean {
    if (message.length > longestBell || !message.startsWith('{')) {
        return false;
    }
    try {
        const entries = Object.entries(JSON.parse(message) as object);
        const isFlat = entries.every(([name, value]) => fields.includes(name) && typeof value !== 'object');
        return isFlat && new TextEncoder().encode(message).length <= 2 * longestBell;
    } catch {
        return false;
    }
}
