/**
 * Examples as a new user runs them: copied, installed from tarballs of our packages, and started with the commands that stand
 * in their READMEs.
 *
 *     const example = openExample('express');
 *     afterEach(() => example.stop());
 *
 *     it('S1: two nodes serve one session', async () => {
 *         const { proxy, nodes } = await example.start('server', { nodes: 2, replace: { 'redis://127.0.0.1:6379': redis.url } });
 *         const client = await example.run('client', { env: { MCP_URL: proxy.url } });
 *         expect(client.output).toBe(client.quoted);
 *         expect(example.unused()).toEqual([]); // every command of the README was run
 *     });
 *
 * The README names its fences in comments. `<!-- run server -->` stands before a `sh` fence, one command a line; its own
 * `npm install` stands in a fence with `<!-- run install -->`, which the set-up runs. `<!-- output client -->` stands before the
 * `text` fence with what that command prints: ids, ports, pids and times are compared as placeholders. A fence that cannot be
 * run here says why: `<!-- not run: needs a cluster -->`.
 *
 * The package of an example is called `example-<folder>`: a workspace called `express` would hide the real one. `npm start`
 * reads PORT, and HOST if it must (127.0.0.1 is given), and prints its port as a URL or as an address. The client reads MCP_URL,
 * `http://127.0.0.1:3000/mcp` by default. `test/examples/form.test.ts` type-checks all examples and holds them to this form; one
 * that needs other compiler options has a tsconfig.json.
 *
 *     SHOW_OUTPUT=1 EXAMPLES=express npx vitest run --project examples test/examples/express.test.ts
 *
 * installs only this one, and prints what its commands print, to be quoted.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { endChild } from '../../../scripts/services.mjs';
import { RoundRobin } from '../../support/roundRobin.js';
import { resolveCommand, startCommand } from './command.js';
import { parseReadme, withoutChanging } from './readme.js';
import { Server } from './server.js';

export interface CommandOptions {
    /** Laid over what the command sets. */
    env?: Record<string, string>;
    /** Put into the command in place of what stands there, which must be so. */
    replace?: Record<string, string>;
}

export interface StartOptions extends CommandOptions {
    /** How many; left out: one for each line of the fence. */
    nodes?: number;
}

export interface RunOptions extends CommandOptions {
    /** @default 0 */
    exitCode?: number;
    /** What else changes with every run, and its placeholder. */
    changing?: [RegExp, string][];
    /** @default 120,000 */
    patienceMs?: number;
}

export interface Finished {
    /** What was printed on standard output, with placeholders. */
    output: string;
    /** What the README says of it, with placeholders. */
    quoted: string;
    /** The same output as it came. */
    raw: string;
    /** Standard error. */
    errors: string;
}

/** Servers of one example, and a round robin in front of them. */
export interface Nodes {
    nodes: Server[];
    proxy: RoundRobin;
}

export function openExample(name: string): Example {
    const folder = inject('examples').folders[name];
    if (folder === undefined) throw new Error(`There is no example ${name}, or EXAMPLES leaves it out.`);
    return new Example(folder);
}

export class Example {
    readonly #readme;
    readonly #used = new Set<string>();
    readonly #ends: (() => Promise<void>)[] = [];

    constructor(readonly folder: string) {
        this.#readme = parseReadme(readFileSync(join(folder, 'README.md'), 'utf8'));
    }

    /** Starts the servers of a fence, as many as it has lines or as are asked for, and the round robin. */
    async start(name: string, { nodes: count, env = {}, replace = {} }: StartOptions = {}): Promise<Nodes> {
        const lines = this.#lines(name, replace);
        const nodes = Array.from({ length: count ?? lines.length }, (_, index) => {
            const command = resolveCommand(this.folder, lines[index % lines.length] ?? '');
            return new Server(String.fromCharCode(65 + index), this.folder, { ...command, env: { ...command.env, ...env } });
        });
        // By SIGTERM, so that a server can end what it started.
        this.#ends.push(async () => void (await Promise.all(nodes.map(node => node.terminate(10_000)))));
        await Promise.all(nodes.map(node => node.start()));
        const proxy = await RoundRobin.start(nodes);
        this.#ends.push(() => proxy.stop());
        return { nodes, proxy };
    }

    /** Runs the lines of a fence one after the other, each to its end, which must be the exit code that is expected. */
    async run(
        name: string,
        { env = {}, replace = {}, exitCode = 0, changing = [], patienceMs = 120_000 }: RunOptions = {}
    ): Promise<Finished> {
        let raw = '';
        let errors = '';
        for (const line of this.#lines(name, replace)) {
            const started = startCommand(this.folder, resolveCommand(this.folder, line), env);
            const end = () => endChild(started, 'SIGKILL');
            this.#ends.push(end);
            const timer = setTimeout(() => void end(), patienceMs);
            let printed = '';
            started.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
            started.child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
            const [{ code }] = await Promise.all([started.exited, once(started.child, 'close')]);
            clearTimeout(timer);
            this.#ends.splice(this.#ends.indexOf(end), 1);
            raw += printed;
            if (process.env.SHOW_OUTPUT) console.log(`$ ${line}\n${printed}`);
            if (code !== exitCode) throw new Error(`\`${line}\` ended with ${code} in place of ${exitCode}:\n${raw}${errors}`);
        }
        const quoted = this.#readme.outputs.get(name) ?? '';
        return { output: withoutChanging(raw, changing), quoted: withoutChanging(quoted, changing), raw, errors };
    }

    /** Fences that no test of this file has run. */
    unused(): string[] {
        return [...this.#readme.commands.keys()].filter(name => name !== 'install' && !this.#used.has(name));
    }

    /** Ends all that was started. */
    async stop(): Promise<void> {
        await Promise.all(this.#ends.splice(0).map(end => end()));
    }

    #lines(name: string, replace: Record<string, string>): string[] {
        const lines = this.#readme.commands.get(name);
        if (!lines) throw new Error(`The README has no fence \`<!-- run ${name} -->\`.`);
        this.#used.add(name);
        const missing = Object.keys(replace).filter(from => !lines.some(line => line.includes(from)));
        if (missing.length > 0) throw new Error(`\`${name}\` in the README does not say ${missing.join(', ')}.`);
        return lines.map(line => Object.entries(replace).reduce((changed, [from, to]) => changed.replaceAll(from, to), line));
    }
}
