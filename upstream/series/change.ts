// A change of the series: what one pull request holds.
//
// Each has a folder: change.ts, the texts of the tests that it puts into the clone, issue.md and pull-request.md. A change with
// everything that one can have:
//
//     import { classIn, constructorOf, isAssignmentTo, methodOf, oneStatement } from '../anchors.js';
//     import { insertAfter, insertBefore } from '../edits.js';
//     import { fillIn, textBeside } from '../texts.js';
//
//     const tests = { 'v1.x': 'test/server/thing.test.ts', main: 'packages/server/test/server/thing.test.ts' };
//
//     export const change: Change = {
//         id: 'e',
//         title: 'feat(server): …',
//         targets: ['main'],
//         builtOn: 'd',
//         tests: branch => [{ path: tests[branch], text: fillIn(textBeside(import.meta.url, 'test.txt'), { IMPORTS: … }) }],
//         changeset: { path: '.changeset/thing.md', text: … },
//         apply(clone) {
//             const file = clone.source(transportFile[clone.branch]);
//             const transport = () => classIn(file, 'WebStandardStreamableHTTPServerTransport');
//             insertAfter(
//                 oneStatement(constructorOf(transport()), 'the assignment to _eventStore', statement => isAssignmentTo(statement, '_eventStore')),
//                 'this._thing = options.thing;'
//             );
//             insertBefore(methodOf(transport(), 'close'), '/** … *\/\nthing(): void {\n    …\n}\n');
//             clone.add('packages/server/src/server/thing.ts', '…');                       // a file of its own
//             clone.insertBelowHeading('docs/serving/page.md', 'Heading', 'Our paragraph.');
//         }
//     };
//
// Every edit forgets the nodes that were found in that file before: an anchor is looked for anew for each, as `transport()` above.
// Edits happen in memory; what throws before the end leaves the clone as it was. Inserted lines begin at the column of the node
// that they stand beside and are to be formatted as the clone's Prettier would.

import type { Clone } from './clone.js';

/** A line of the SDK: 1.x in one package, 2.x in a workspace. */
export type Branch = 'v1.x' | 'main';

/** Names a change of the series. */
export type ChangeId = 'a' | 'b' | 'c' | 'd' | 'e' | 'f';

/** A file that a change adds to a clone. */
export interface NewFile {
    /** From the root of the clone, with slashes. */
    readonly path: string;
    readonly text: string;
}

/** What one pull request holds. */
export interface Change {
    readonly id: ChangeId;
    /** The title of the pull request: the first line of its `pull-request.md`. */
    readonly title: string;
    /** The branches that a pull request is opened for. It can be applied to both. */
    readonly targets: readonly Branch[];
    /** The change that must be in before this one: it is applied as well where it is not. */
    readonly builtOn?: ChangeId;
    /** Source lines that it may add. @default 60; `false` where there is no such limit */
    readonly limit?: number | false;
    /** Its tests, files of their own. Where one of them exists, the change is in already. */
    tests(branch: Branch): readonly NewFile[];
    /** What tells users of the change, on the branch that releases by changesets. */
    readonly changeset?: NewFile;
    /** Edits the sources, in memory. A place that is not as it was throws {@link MovedError}. */
    apply(clone: Clone): void;
}
