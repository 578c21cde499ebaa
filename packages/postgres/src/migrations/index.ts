import type { Tables } from '../tables.js';
import { tables } from './0001-tables.js';
import { logFunctions } from './0002-log-functions.js';
import { sessionFunctions } from './0003-session-functions.js';
import { clusterFunctions } from './0004-cluster-functions.js';

/** One step of the schema. Its number is its place in the list, from 1. */
export interface Migration {
    readonly name: string;
    /**
     * The statements. Where the first line is `--! breaking`, earlier releases cannot use the schema any more.
     */
    readonly sql: (tables: Tables) => string;
}

/**
 * All steps, in order. Only ever appended to: what a release has run in somebody's database stays as it is. A function of
 * which an earlier release relies on the way it works gets a new name.
 */
export const migrations: readonly Migration[] = [
    { name: 'tables', sql: tables },
    { name: 'log functions', sql: logFunctions },
    { name: 'session functions', sql: sessionFunctions },
    { name: 'cluster functions', sql: clusterFunctions }
];

/** Whether earlier releases cannot use the schema any more. */
export function isBreaking(sql: string): boolean {
    return sql.trimStart().startsWith('--! breaking');
}
