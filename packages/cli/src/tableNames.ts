/** The quoted name of one of the tables, for statements. */
export function qualified(schema: string | undefined, table: string, ending: string): string {
    const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
    return `${schema === undefined ? '' : `${quote(schema)}.`}${quote(table + ending)}`;
}
