interface Process {
    readonly pid?: number;
    getBuiltinModule?(id: string): { hostname(): string } | undefined;
}

/** `<host>:<process id>`, as far as the runtime tells them. */
export function defaultNodeName(): string {
    const { process } = globalThis as { process?: Process };
    const host = process?.getBuiltinModule?.('node:os')?.hostname() ?? 'node';
    return process?.pid === undefined ? host : `${host}:${process.pid}`;
}
