import { maxText } from './reports.js';

interface Process {
    readonly pid?: number;
    getBuiltinModule?(id: string): { hostname(): string } | undefined;
}

/** `<host>:<process id>`, as far as the runtime tells them. */
export function defaultNodeName(): string {
    const { process } = globalThis as { process?: Process };
    const host = process?.getBuiltinModule?.('node:os')?.hostname() ?? 'node';
    return (process?.pid === undefined ? host : `${host}:${process.pid}`).slice(0, maxText);
}

/**
 * What an application calls its node.
 *
 * @throws RangeError when it is too long to be reported.
 */
export function requireNodeName(name: string | undefined): string | undefined {
    if (name !== undefined && name.length > maxText) {
        throw new RangeError(`nodeName must not be longer than ${maxText} characters`);
    }
    return name;
}
