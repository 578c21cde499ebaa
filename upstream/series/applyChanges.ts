import type { Branch, Change, ChangeId } from './change.js';
import { branchOf, Clone } from './clone.js';
import { MovedError, RefusedError } from './errors.js';
import { checkClean } from './git.js';
import { isNothing, isTooLarge, sizeOf } from './size.js';
import type { Size } from './size.js';

/** What was put into a clone, and what it had already. */
export interface Applied {
    readonly branch: Branch;
    readonly applied: readonly { readonly change: Change; readonly size: Size; readonly tests: readonly string[] }[];
    /** What others are built on, and was in before. */
    readonly present: readonly Change[];
}

/**
 * Puts changes into a clean clone. All of them are made in memory first; what is refused ({@link RefusedError}) leaves the clone
 * as it was.
 */
export function applyChanges(
    root: string,
    ids: readonly ChangeId[],
    { branch: said, changes }: { readonly branch?: Branch | undefined; readonly changes: readonly Change[] }
): Applied {
    const branch = branchOf(root, said);
    checkClean(root);
    const clone = new Clone(root, branch);
    const wanted = ids.map(id => changeOf(id, changes));
    for (const change of wanted) {
        if (isIn(clone, change)) throw new RefusedError(`${change.id} (${change.title}) is in this clone already.`);
    }
    const needed = withFoundations(wanted, changes);
    const applied = needed.filter(change => !isIn(clone, change)).map(change => applyOne(clone, change));
    clone.write();
    return { branch, applied, present: needed.filter(change => !applied.some(each => each.change === change)) };
}

function changeOf(id: ChangeId, changes: readonly Change[]): Change {
    const change = changes.find(each => each.id === id);
    if (change === undefined) throw new RefusedError(`There is no change ${id}.`);
    return change;
}

const isIn = (clone: Clone, change: Change): boolean => change.tests(clone.branch).some(({ path }) => clone.has(path));

/** Each once, behind what it is built on. */
function withFoundations(wanted: readonly Change[], changes: readonly Change[]): readonly Change[] {
    const ordered = new Set<Change>();
    const take = (change: Change) => {
        if (change.builtOn !== undefined) take(changeOf(change.builtOn, changes));
        ordered.add(change);
    };
    wanted.forEach(take);
    return [...ordered];
}

function applyOne(clone: Clone, change: Change): Applied['applied'][number] {
    const before = clone.changed();
    try {
        change.apply(clone);
    } catch (error) {
        if (error instanceof MovedError)
            throw new RefusedError(`${change.id} (${change.title}): ${error.message} Nothing was written.`, { cause: error });
        throw error;
    }
    if (isNothing(sizeOf(before, clone.changed()))) {
        throw new RefusedError(`${change.id} (${change.title}) finds nothing to change: all of it is so already. Nothing was written.`);
    }
    const tests = change.tests(clone.branch);
    for (const { path, text } of tests) clone.add(path, text);
    if (clone.branch === 'main' && change.changeset !== undefined) clone.add(change.changeset.path, change.changeset.text);
    const size = sizeOf(before, clone.changed());
    if (isTooLarge(change, size)) {
        throw new RefusedError(
            `${change.id} adds ${size.source.added} source lines, more than the ${change.limit ?? 60} that it may have. Nothing was written.`
        );
    }
    return { change, size, tests: tests.map(({ path }) => path) };
}
