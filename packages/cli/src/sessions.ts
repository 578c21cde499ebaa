import type { ChosenBackend } from '@mcp-sessions/backends';
import type { SessionData } from '@mcp-sessions/core';
import type { Cli } from './cli.js';
import { CliError } from './exitCodes.js';
import { viewOf, type SessionView } from './record.js';

/** A record, and what is shown of it. */
export interface FoundSession {
    readonly data: SessionData;
    readonly view: SessionView;
}

/** Sessions for one page: all records of a page are in memory at once, and each may be large. */
const pageSize = 100;

/** All sessions, one page after another, until the command is to end. */
export async function* allSessions(cli: Cli, { sessionStore }: ChosenBackend): AsyncGenerator<FoundSession> {
    if (!sessionStore.listSessions) {
        throw new CliError('This backend cannot list its sessions');
    }
    const { fingerprint } = await import('@mcp-sessions/core');
    let cursor: string | undefined;
    let looked = 0;
    // One that is listed twice is shown once.
    const seen = new Set<string>();
    do {
        const page = await sessionStore.listSessions({ limit: pageSize, ...(cursor !== undefined && { cursor }) });
        for (const data of page.sessions) {
            if (!seen.has(data.sessionId)) {
                seen.add(data.sessionId);
                yield { data, view: viewOf(data, await fingerprint(data.sessionId)) };
            }
        }
        looked += page.sessions.length;
        cursor = page.cursor;
        cli.out.progress(`looked at ${looked} sessions …`);
    } while (cursor !== undefined && !cli.signal.aborted);
    cli.out.endProgress();
}

/**
 * The session of an id, or of the fingerprint that `list` shows, for which all are looked through.
 *
 * @param name `-` to read it from standard input: what stands on a command line other users of the machine can see.
 */
export async function findSession(cli: Cli, backend: ChosenBackend, name: string): Promise<FoundSession> {
    const { fingerprint, isValidSessionId } = await import('@mcp-sessions/core');
    const given = name === '-' ? await readLine(cli) : name;
    const data = isValidSessionId(given) ? await backend.sessionStore.getSession(given) : null;
    if (data) {
        return { data, view: viewOf(data, await fingerprint(given)) };
    }
    const found: FoundSession[] = [];
    if (/^[\w-]{8}$/.test(given)) {
        for await (const session of allSessions(cli, backend)) {
            if (session.view.session === given) {
                found.push(session);
            }
        }
    }
    const [first, second] = found;
    if (second) {
        throw new CliError('Several sessions have this fingerprint; name one by its id (`mcp-sessions list --ids`)');
    }
    if (!first) {
        throw new CliError('There is no such session: it has ended or expired, or never was one with this --prefix or these tables');
    }
    return first;
}

/** The id of a session that may have ended: then it is known by its id only. Of a fingerprint, as long as the session lives. */
export async function idOf(cli: Cli, backend: ChosenBackend, name: string): Promise<string> {
    const given = name === '-' ? await readLine(cli) : name;
    if (/^[\w-]{8}$/.test(given)) {
        for await (const { view } of allSessions(cli, backend)) {
            if (view.session === given) {
                return view.id;
            }
        }
    }
    return given;
}

async function readLine({ stdin }: Cli): Promise<string> {
    let text = '';
    for await (const chunk of stdin) {
        text += String(chunk);
    }
    return text.trim();
}
