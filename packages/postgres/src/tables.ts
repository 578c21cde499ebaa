/** Where the tables are. The same for all that is to share sessions. */
export interface TableOptions {
    /** The schema that they are in. @default the first of the connection's `search_path` that has them */
    schema?: string;
    /** The name of the session table; those of the others begin with it. @default 'mcp_sessions' */
    tableName?: string;
}

/** Names in Postgres have 63 bytes, of which the longest ending of ours takes some. */
const longestSchema = 63;
const longestTable = 40;

/**
 * The names of all that there is in the database, quoted, for statements.
 *
 *     mcp_sessions              one row for each session
 *     mcp_sessions_counts       how many sessions there are, where there are caps
 *     mcp_sessions_logs         one row for each session's event log: its lock, its end, its bounds
 *     mcp_sessions_events       the messages
 *     mcp_sessions_streams      who reads a stream, and how far
 *     mcp_sessions_mail         messages between nodes, unlogged
 *     mcp_sessions_locks
 *     mcp_sessions_migrations   the ledger
 */
export class Tables {
    /** Names these tables in messages and for locks; not quoted. */
    readonly title: string;
    private readonly schema: string | undefined;
    private readonly tableName: string;

    /** @throws RangeError for a name that Postgres cannot have. */
    constructor({ schema, tableName = 'mcp_sessions' }: TableOptions = {}) {
        this.schema = schema === undefined ? undefined : checked(schema, 'schema', longestSchema);
        this.tableName = checked(tableName, 'tableName', longestTable);
        this.title = schema === undefined ? tableName : `${schema}.${tableName}`;
    }

    get quotedSchema(): string | undefined {
        return this.schema === undefined ? undefined : quote(this.schema);
    }

    get sessions(): string {
        return this.named('');
    }

    /** Another table, or a function. */
    named(ending: string): string {
        const name = quote(this.tableName + ending);
        return this.quotedSchema === undefined ? name : `${this.quotedSchema}.${name}`;
    }

    /** The name of an index, which is in the schema of its table without saying so. */
    index(ending: string): string {
        return quote(this.tableName + ending);
    }
}

function quote(name: string): string {
    return `"${name.replaceAll('"', '""')}"`;
}

function checked(name: string, option: string, longest: number): string {
    if (typeof name !== 'string' || name === '' || name.includes('\0') || new TextEncoder().encode(name).length > longest) {
        throw new RangeError(`${option} must be a name of 1 to ${longest} bytes`);
    }
    return name;
}
