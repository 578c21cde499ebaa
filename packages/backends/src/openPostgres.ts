import { SessionError, type SessionBackend } from '@mcp-sessions/core';
import { createPostgresBackend, migrate } from '@mcp-sessions/postgres';
import type * as Pg from 'pg';
import type { Choice } from './choice.js';
import { loadDriver, noDriver } from './drivers.js';
import type { BackendLogger } from './logger.js';
import { commonOptions, present, type SessionBackendOptions } from './options.js';
import { OutageReport } from './outageReport.js';
import { closeTimeoutMs, connectTimeoutMs, inTime } from './patience.js';
import { watchedStore } from './watchedStore.js';

export async function openPostgresBackend(choice: Choice, options: SessionBackendOptions, logger: BackendLogger): Promise<SessionBackend> {
    const report = new OutageReport('Postgres', logger);
    const pool = await openPool(choice, options, report);
    const close = () => inTime(closeTimeoutMs, () => pool.end());
    const tables = present(options, ['tableName', 'schema']);
    try {
        if (options.migrate === true) {
            await migrate(pool, tables);
        }
        const { push: listen, ...own } = present(options, ['push', 'maxRecordLength']);
        const backend = createPostgresBackend({
            pool,
            logger,
            ...tables,
            ...own,
            ...(listen !== undefined && { listen }),
            ...commonOptions(options)
        });
        return {
            ...backend,
            sessionStore: watchedStore(backend.sessionStore, report),
            async close() {
                await backend.close();
                await close();
            }
        };
    } catch (error) {
        await close();
        throw error;
    }
}

/** A pool that says when it loses its connections. */
export async function openPool(choice: Choice, { driverOptions }: SessionBackendOptions, report: OutageReport): Promise<Pg.Pool> {
    const { url, namedBy } = choice;
    // What the driver says of a URL that it cannot read holds the URL.
    if (!URL.canParse(url)) {
        throw new SessionError('CONFIGURATION', `${namedBy} is no URL. A password with / ? # @ in it must be percent-encoded`);
    }
    const pg = await loadDriver.pg();
    if (!pg) {
        throw noDriver('postgres', choice, 'pg');
    }
    // Versions before 8.15 have only a default export.
    const { Pool } = 'Pool' in pg ? pg : (pg as { default: typeof Pg }).default;
    const pool = new Pool({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs, keepAlive: true, ...driverOptions });
    // Idle connections that are lost; the pool makes others. Without a listener the process would end.
    pool.on('error', report.failed);
    return pool;
}
