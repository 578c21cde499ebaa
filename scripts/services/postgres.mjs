import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { accepts, endChild, freePort, startChild, untilReady } from './child.mjs';
import { findProgram, installPackage } from './install.mjs';

/**
 * A real Postgres: the one that POSTGRES_URL or DATABASE_URL names; else a private one from the programs of this
 * machine, which are installed if need be. It says in one line which of these it was.
 */
export async function openPostgres({ say = console.log } = {}) {
    const given = process.env.POSTGRES_URL || process.env.DATABASE_URL;
    if (!given) return startPrivatePostgres({ say });
    const { hostname, port } = new URL(given);
    const place = `${hostname}:${port || 5432}`;
    if (!(await accepts(hostname, Number(port || 5432)))) {
        throw new Error(`POSTGRES_URL names ${place}, where nothing answers. Start it, or unset POSTGRES_URL to have one started.`);
    }
    say(`Postgres: the one that POSTGRES_URL names, ${place}`);
    return { url: given, isPrivate: false, stop: async () => undefined };
}

/** The folder of `postgres` and `initdb`, installed if need be. */
export function postgresPrograms({ say = console.log } = {}) {
    const found = findPrograms();
    if (found !== undefined) return found;
    installPackage('postgresql', { service: 'Postgres', envName: 'POSTGRES_URL', say });
    const installed = findPrograms();
    if (installed === undefined)
        throw new Error('The package postgresql was installed, but there is no postgres under /usr/lib/postgresql.');
    return installed;
}

function findPrograms() {
    const root = '/usr/lib/postgresql';
    const folders = existsSync(root) ? readdirSync(root).map(version => join(root, version, 'bin')) : [];
    const program = findProgram('postgres', folders.reverse());
    if (program === undefined) return undefined;
    // What is on PATH may be a link to where the other programs are.
    const folder = dirname(realpathSync(program));
    return existsSync(join(folder, 'initdb')) ? folder : undefined;
}

/** A Postgres of our own on a free port of 127.0.0.1, in a folder of its own, without a password. */
export async function startPrivatePostgres({ say = () => undefined } = {}) {
    const programs = postgresPrograms({ say });
    const owner = unprivilegedUser();
    const folder = mkdtempSync(join(tmpdir(), 'mcp-postgres-'));
    chmodSync(folder, 0o700);
    if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
    const env = { ...process.env, HOME: folder, LC_ALL: 'C' };
    const data = join(folder, 'data');
    const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
    const made = spawnSync(join(programs, 'initdb'), initdb, { ...owner, cwd: folder, env, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);

    for (let attempt = 1; ; attempt++) {
        const port = await freePort();
        const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-c', 'unix_socket_directories=', '-c', 'fsync=off'];
        // SIGQUIT has the server end its own children as well.
        const started = startChild(join(programs, 'postgres'), args, {
            spawnOptions: { ...owner, cwd: folder, env },
            orphanSignal: 'QUIT',
            folder
        });
        const isReady = () => spawnSync(join(programs, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)]).status === 0;
        if (await untilReady(isReady, started)) {
            say(`Postgres: ${join(programs, 'postgres')}, started on 127.0.0.1:${port} for this run`);
            const stop = async () => {
                await endChild(started, 'SIGINT');
                rmSync(folder, { recursive: true, force: true });
            };
            return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, isPrivate: true, pid: started.pid, port, stop };
        }
        await endChild(started, 'SIGKILL');
        // Between the choice of a free port and its use somebody else may take it.
        if (attempt === 5) throw new Error(`postgres did not start: ${started.output()}`);
    }
}

/** Postgres refuses to run as root; then it runs as the user `postgres` of its package, or as `nobody`. */
function unprivilegedUser() {
    if (process.getuid?.() !== 0) return {};
    for (const name of ['postgres', 'nobody']) {
        const [uid, gid] = ['-u', '-g'].map(flag => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout.trim() || NaN));
        if (Number.isInteger(uid) && Number.isInteger(gid)) return { uid, gid };
    }
    throw new Error(
        'Postgres must not run as root, and there is no user postgres or nobody to run it as. Name a running one in POSTGRES_URL.'
    );
}
