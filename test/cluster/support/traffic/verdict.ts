import { NOT_FOUND, UNAVAILABLE } from '../wire.js';

/** What the server that is made to fail does not promise to keep. */
export interface Losses {
    /** Whole sessions: then 404 is right. */
    sessions?: boolean;
    /** The last changes of sessions and the last events: then 400 is right for an event id. */
    writes?: boolean;
}

export interface Seen {
    /** Whose request it was. */
    secret: string;
    /** For example `call` or `resume`. */
    what: string;
    status: number;
    retryAfter: string | null;
    /** Of an answer that is no event stream. */
    body?: string;
}

const UNKNOWN_EVENT = '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid event ID format"},"id":null}';

/** Stands in everything that a client of the traffic sends, and so in all that is told to it. */
export const newSecret = (): string => `secret-${crypto.randomUUID().slice(0, 8)}`;
const SECRET = /secret-[0-9a-f]{8}/g;

/** Judges every answer that clients get while a server fails. Nobody is ever told an error of the server, or what is another's. */
export class Verdict {
    /** What must not be. */
    readonly problems: string[] = [];
    /** How many answers there were of each kind: `call 200`. */
    readonly counts: Record<string, number> = {};

    constructor(readonly losses: Losses) {}

    /** @returns whether the answer may be as it is. */
    note({ secret, what, status, retryAfter, body = '' }: Seen): void {
        this.count(`${what} ${status}`);
        this.checkSecret(secret, what, body);
        if (status === 200 || status === 202) return;
        const isRight =
            (status === 503 && body === UNAVAILABLE && retryAfter === '1') ||
            (status === 404 && body === NOT_FOUND && this.losses.sessions === true) ||
            (status === 400 && body === UNKNOWN_EVENT && what === 'resume' && this.losses.writes === true);
        if (!isRight) this.problem(`${what} was answered ${status} ${body}`);
    }

    /** How many answers there were, of this status or of any. */
    answers(status?: number): number {
        const wanted = Object.keys(this.counts).filter(
            name => / \d{3}$/.test(name) && (status === undefined || name.endsWith(` ${status}`))
        );
        return wanted.reduce((sum, name) => sum + (this.counts[name] ?? 0), 0);
    }

    /** Whatever a client is given must be its own. */
    checkSecret(secret: string, what: string, text: string): void {
        for (const [found] of text.matchAll(SECRET)) {
            if (found !== secret) this.problem(`${what} gave somebody else's data`);
        }
    }

    problem(text: string): void {
        this.problems.push(text);
    }

    count(name: string): void {
        this.counts[name] = (this.counts[name] ?? 0) + 1;
    }
}
