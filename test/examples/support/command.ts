import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startChild, type StartedChild } from '../../../scripts/services.mjs';
import { readManifest } from './install.js';

export interface Command {
    program: string;
    args: string[];
    env: Record<string, string>;
}

/**
 * What a line of a README runs, as one process where that can be, so that it can be ended as one: `REDIS_URL=… npm start` is
 * the script `start` of the example's package.json, and `tsx server.ts` there is Node with tsx loaded.
 */
export function resolveCommand(folder: string, line: string): Command {
    const [, assigned = '', rest = ''] = /^((?:[A-Z_][A-Z0-9_]*=\S* +)*)(.*)$/.exec(line) ?? [];
    const env = Object.fromEntries(
        assigned
            .split(' ')
            .filter(Boolean)
            .map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])
    );
    const [, start, name, more = ''] = /^npm (?:(start|test)|run (\S+))(?: -- (.*))?$/.exec(rest) ?? [];
    const script = start ?? name;
    if (script !== undefined) {
        const body = readManifest(folder).scripts?.[script];
        if (body === undefined) throw new Error(`${folder} has no script ${script}`);
        const resolved = resolveCommand(folder, `${body} ${more}`.trim());
        return { ...resolved, env: { ...resolved.env, ...env } };
    }
    if (/[|&;<>$"'`*()]/.test(rest)) return { program: 'bash', args: ['-c', rest], env };
    const [first = '', ...args] = rest.replace(/^npx /, '').split(/ +/);
    if (first === 'tsx') return { program: process.execPath, args: ['--import', 'tsx', ...args], env };
    if (first === 'node') return { program: process.execPath, args, env };
    const installed = installedCommand(folder, first);
    return installed?.endsWith('js')
        ? { program: process.execPath, args: [installed, ...args], env }
        : { program: installed ?? first, args, env };
}

/** The file of a command that a package has brought. */
function installedCommand(folder: string, name: string): string | undefined {
    for (let at = folder; at !== dirname(at); at = dirname(at)) {
        const link = join(at, 'node_modules/.bin', name);
        if (existsSync(link)) return realpathSync(link);
    }
    return undefined;
}

/** Starts it in the example's folder with no variable of ours, so that no backend is named but the one that the test names. */
export function startCommand(folder: string, { program, args, env }: Command, more: Record<string, string> = {}): StartedChild {
    const { PATH = '', HOME = '' } = process.env;
    return startChild(program, args, {
        orphanSignal: 'TERM',
        spawnOptions: { cwd: folder, env: { PATH, HOME, ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] }
    });
}
