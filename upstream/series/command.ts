import { parseArgs } from 'node:util';
import { applyChanges } from './applyChanges.js';
import type { Branch, ChangeId } from './change.js';
import { changes } from './changes.js';
import { commandsOf } from './commands.js';
import { RefusedError } from './errors.js';
import { describe } from './report.js';

const help = `npm run upstream -- <clone> --change <a…f|all> [--branch v1.x|main]

Puts changes into a clean clone of modelcontextprotocol/typescript-sdk: our lines, at places that are found by its syntax tree, and
our tests, as files of their own. Nothing is written where a place is not as it was. Nothing is committed, and nothing is run.

  --change   one of them, several ("a,c"), or all
  --branch   v1.x or main: what the clone is expected to have checked out; found out by its files when left out
  --help

Changes:
${changes.map(({ id, title, targets, builtOn }) => `  ${id}  ${title} (for ${targets.join(' and ')}${builtOn === undefined ? '' : `, built on ${builtOn}`})`).join('\n')}

Each one's folder in upstream/series has issue.md and pull-request.md: the texts to post.`;

/** What the command prints, and its exit code: 0 when it is done, 1 when it is refused, 2 when it was asked wrongly. */
export interface Outcome {
    readonly code: 0 | 1 | 2;
    readonly output: string;
}

/** Does what the parameters of the command line say. */
export function command(parameters: readonly string[]): Outcome {
    try {
        const asked = understand(parameters);
        if (asked === undefined) return { code: 0, output: help };
        const applied = applyChanges(asked.root, asked.ids, { branch: asked.branch, changes });
        return { code: 0, output: `${describe(applied)}\n\n${commandsOf(applied)}` };
    } catch (error) {
        if (error instanceof RefusedError) return { code: 1, output: error.message };
        if (error instanceof UsageError) return { code: 2, output: `${error.message}\n\n${help}` };
        throw error;
    }
}

class UsageError extends Error {
    override readonly name = 'UsageError';
}

function understand(parameters: readonly string[]): { root: string; ids: readonly ChangeId[]; branch: Branch | undefined } | undefined {
    const { values, positionals } = parse(parameters);
    if (values.help === true) return undefined;
    const [root] = positionals;
    if (root === undefined || positionals.length > 1 || values.change === undefined) {
        throw new UsageError('One clone and --change are needed.');
    }
    return { root, ids: idsOf(values.change.join(',')), branch: branchFrom(values.branch) };
}

function parse(parameters: readonly string[]) {
    try {
        return parseArgs({
            args: [...parameters],
            allowPositionals: true,
            options: { change: { type: 'string', multiple: true }, branch: { type: 'string' }, help: { type: 'boolean', short: 'h' } }
        });
    } catch (error) {
        throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
    }
}

function idsOf(said: string): readonly ChangeId[] {
    if (said === 'all') return changes.map(({ id }) => id);
    return said.split(',').map(id => {
        const change = changes.find(each => each.id === id);
        if (change === undefined)
            throw new UsageError(`--change ${id}: expected one of ${changes.map(each => each.id).join(', ')}, or all.`);
        return change.id;
    });
}

function branchFrom(said: string | undefined): Branch | undefined {
    if (said === undefined || said === 'v1.x' || said === 'main') return said;
    throw new UsageError(`--branch ${said}: expected v1.x or main.`);
}
