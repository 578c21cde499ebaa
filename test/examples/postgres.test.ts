import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPrivatePostgres, type PrivatePostgres } from '../../scripts/services.mjs';
import { officialClient } from '../cluster/support/officialClient.js';
import { openExample } from './support/example.js';

const example = openExample('postgres');
let postgres: PrivatePostgres;
/** The fingerprint of a session, how old it is, and the widths of columns. */
const changing: [RegExp, string][] = [
    [/^\S{8}(?= )/m, 'TAG'],
    [/\b(\d+[smh] ?)+/g, 'AGE '],
    [/ {2,}/g, '  ']
];
let replace: Record<string, string>;

beforeAll(async () => {
    postgres = await startPrivatePostgres();
    replace = { 'postgres://127.0.0.1:5432/postgres': postgres.url };
});
afterEach(() => example.stop());
afterAll(() => postgres.stop());

describe('sessions in Postgres', () => {
    it('F1, S1: without tables it is 503; with them two nodes serve one session, which the command line lists', async () => {
        const { nodes } = await example.start('nodes', { replace });
        await expect(officialClient(nodes[0]!.url)).rejects.toMatchObject({ code: 503 });
        expect(nodes[0]!.output).toContain('There are no tables for MCP sessions');

        const migrated = await example.run('migrate', { replace });
        expect(migrated.output).toBe(migrated.quoted);
        const client = await example.run('client', { env: { MCP_URLS: nodes.map(node => node.url).join(',') } });
        expect(client.output).toBe(client.quoted);

        const list = await example.run('list', { replace, changing });
        expect(list.output).toBe(list.quoted);
        expect(example.unused()).toEqual([]);
    });
});
