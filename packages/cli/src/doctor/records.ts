import type { ChosenBackend } from '@mcp-sessions/backends';
import { isEncrypted } from '../record.js';
import type { Findings } from './findings.js';

/** Sessions that are looked at. */
const most = 2000;

/** Whether the records of sessions can be read. @param unreadable how many could not be so far. */
export async function checkRecords({ sessionStore }: ChosenBackend, findings: Findings, unreadable: () => number): Promise<void> {
    let [read, encrypted] = [0, 0];
    let cursor: string | undefined;
    do {
        const page = await sessionStore.listSessions?.({ limit: 500, ...(cursor !== undefined && { cursor }) });
        read += page?.sessions.length ?? 0;
        encrypted += page?.sessions.filter(isEncrypted).length ?? 0;
        cursor = page?.cursor;
    } while (cursor !== undefined && read < most);
    const count = `${read} session${read === 1 ? '' : 's'}${cursor === undefined ? '' : ' and more'}`;
    if (encrypted > 0) {
        findings.warning(
            'records',
            `${encrypted} of ${count} are encrypted, and no key is set here: a server without keys does not know them`,
            'Set MCP_SESSIONS_ENCRYPTION_KEYS as the servers have it'
        );
    }
    if (unreadable() > 0) {
        findings.warning(
            'records',
            `${unreadable()} record${unreadable() === 1 ? '' : 's'} cannot be read, beside ${count} that can: their clients get 404`,
            'Look who else writes under this prefix or into these tables, whether keys of encryption were taken out too early, and whether maxRecordLength was lowered. They go by themselves when they expire'
        );
    } else if (encrypted === 0) {
        findings.ok('records', `${count}, and each record can be read`);
    }
}
