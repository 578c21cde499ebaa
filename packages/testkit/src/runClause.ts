import type { Clause, Closable, Contract } from './contract.js';
import { Unmet } from './expect.js';
import { withSettings, type Settings } from './settings.js';

/** How long the backends of a clause may take to close, in milliseconds. */
const closeTimeoutMs = 15_000;

/** Runs one clause and closes what it opened, whether it holds or not. Rejects with an error that names the clause. */
export async function runClause<Limits extends object, Backend extends Closable>(
    contract: Contract<Limits, Backend>,
    clause: Clause<Limits, Backend>,
    open: (limits: Limits) => Promise<Backend>,
    settings: Settings
): Promise<void> {
    const opened: Backend[] = [];
    const openOne = async (limits: Limits = {} as Limits) => {
        const backend = await open(limits);
        opened.push(backend);
        return backend;
    };
    const { clauseTimeoutMs } = settings;
    try {
        await within(clauseTimeoutMs, 'The clause', () => withSettings(settings, () => clause.run(openOne)));
    } catch (error) {
        await closeAll(opened).catch(() => undefined);
        throw failure(contract, clause, error);
    }
    await closeAll(opened).catch((error: unknown) => {
        throw failure(contract, clause, error);
    });
}

async function closeAll(backends: readonly Closable[]): Promise<void> {
    await within(closeTimeoutMs, 'close() of what `open` gave', () => Promise.all(backends.map(backend => backend.close())));
}

/** What hangs is given up, so that the failure names it and not the test framework's patience. */
async function within<T>(timeoutMs: number, what: string, run: () => Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${what} had not ended after ${timeoutMs} ms: a call was not answered`)), timeoutMs);
    });
    try {
        return await Promise.race([run(), late]);
    } finally {
        clearTimeout(timer);
    }
}

function failure({ name }: { name: string }, { title }: { title: string }, error: unknown): Error {
    const place = `${name}, clause "${title}"`;
    if (!(error instanceof Unmet)) {
        return new Error(`${place}: the backend failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    const { expected, actual, message } = error;
    const failed = Object.assign(new Error(`${place}: ${message}`), { expected, actual });
    // Where it was noticed.
    const frames = error.stack?.split('\n').filter(line => line.trimStart().startsWith('at ')) ?? [];
    failed.stack = [`${failed.name}: ${failed.message}`, ...frames].join('\n');
    return failed;
}
