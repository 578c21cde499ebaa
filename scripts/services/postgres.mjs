import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { accepts } from './child.mjs';
import { findProgram, installPackage } from './install.mjs';
import { PostgresProcess } from './postgresProcess.mjs';
import { downloadedPrograms } from './postgresVersions.mjs';

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

/**
 * A Postgres of our own on a free port of 127.0.0.1, in a folder of its own, without a password.
 *
 * `version`: 10 or 18, the oldest and the newest that npm has; else that of this machine. `durable`: what was acknowledged
 * is on disk, at the cost of a flush for each commit. `settings`: what a postgresql.conf would hold, by name.
 */
export async function startPrivatePostgres({ version, durable = false, settings = {}, say = () => undefined } = {}) {
    const programs = version === undefined ? postgresPrograms({ say }) : downloadedPrograms(version, { say });
    const server = new PrivatePostgres(programs, { fsync: durable ? 'on' : 'off', ...settings });
    await server.start();
    say(`Postgres: ${join(programs, 'postgres')}, started on 127.0.0.1:${server.port} for this run`);
    return server;
}

class PrivatePostgres extends PostgresProcess {
    isPrivate = true;
}
