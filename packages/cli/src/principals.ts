import type { Command } from 'commander';
import { UsageError } from './exitCodes.js';
import type { SessionView } from './record.js';

/** What {@link principalOptions} adds. */
export interface PrincipalFlags {
    readonly principal?: string;
    readonly principalTag?: string;
}

/** Characters of a tag that name it; `list` shows as many. */
const leastOfTag = 8;
const lengthOfTag = 43;

/** The options by which sessions of a principal are chosen. */
export function principalOptions(command: Command): Command {
    return command
        .option('--principal <name>', 'those of one principal, named as `bind` of the servers names it')
        .option('--principal-tag <tag>', `the same by the tag that list shows, or ${leastOfTag} characters of it or more`);
}

/**
 * Whether a session belongs to the principal that is named; undefined where none is. A name is never taken for a tag: who
 * chooses his own name could choose the beginning of somebody's tag.
 *
 * @throws UsageError for both, for a name that is empty, and for what is no tag.
 */
export async function principalMatcher({
    principal: name,
    principalTag: tag
}: PrincipalFlags): Promise<((view: SessionView) => boolean) | undefined> {
    if (name !== undefined && tag !== undefined) {
        throw new UsageError('--principal and --principal-tag are two ways to say the same: give one');
    }
    if (name === '') {
        throw new UsageError('--principal must not be empty');
    }
    if (name !== undefined) {
        const { digest } = await import('@mcp-sessions/core');
        const theirs = await digest(name);
        return ({ principal }) => principal === theirs;
    }
    if (tag === undefined) {
        return undefined;
    }
    if (!/^[\w-]+$/.test(tag) || tag.length < leastOfTag || tag.length > lengthOfTag) {
        throw new UsageError(`--principal-tag takes a tag that list shows: ${leastOfTag} to ${lengthOfTag} letters, digits, - and _`);
    }
    return ({ principal }) => principal?.startsWith(tag) === true;
}

/** What a principal is called where there is little room. */
export function shortTag(principal: string | undefined): string {
    return principal?.slice(0, leastOfTag) ?? '-';
}
