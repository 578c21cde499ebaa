// Puts our lines beside what the anchors found. Each edit forgets the nodes of its file: the next one looks for its place anew.

import type { Node, SourceFile } from 'ts-morph';
import { MovedError } from './errors.js';

/** Parses the file anew: to mend its tree is what ts-morph does otherwise, and where comments change it may fail to. */
function splice(file: SourceFile, start: number, end: number, text: string): void {
    const before = file.getFullText();
    file.replaceWithText(`${before.slice(0, start)}${text}${before.slice(end)}`);
}

const startOfLine = (file: SourceFile, position: number): number => file.getFullText().lastIndexOf('\n', position - 1) + 1;

const startWithComments = (node: Node): number => node.getLeadingCommentRanges()[0]?.getPos() ?? node.getStart(true);

const columnOf = (node: Node): string => {
    const file = node.getSourceFile();
    const start = node.getStart(true);
    return /^[ \t]*/.exec(file.getFullText().slice(startOfLine(file, start), start))?.[0] ?? '';
};

const indented = (lines: string, column: string): string =>
    lines
        .split('\n')
        .map(line => (line === '' ? '' : `${column}${line}`))
        .join('\n');

/**
 * Inserts lines before a node, above its comments.
 * An empty line at the end of `lines` stands between them and the node.
 */
export function insertBefore(node: Node, lines: string): void {
    const file = node.getSourceFile();
    const at = startOfLine(file, startWithComments(node));
    splice(file, at, at, `${indented(lines, columnOf(node))}\n`);
}

/** Inserts lines after a node, and after what follows it in its line. An empty line at their start stands between it and them. */
export function insertAfter(node: Node, lines: string): void {
    const file = node.getSourceFile();
    const at = file.getFullText().indexOf('\n', node.getEnd()) + 1;
    splice(file, at, at, `${indented(lines, columnOf(node))}\n`);
}

/** Replaces a node, without its comments. Further lines of `text` are as indented as the node's line. */
export function replaceNode(node: Node, text: string): void {
    const column = columnOf(node);
    splice(node.getSourceFile(), node.getStart(), node.getEnd(), indented(text, column).slice(column.length));
}

/** Replaces each match in the text of a node and of the comments above it, where it stands. */
export function replaceWithin(node: Node, pattern: RegExp, text: string): void {
    const file = node.getSourceFile();
    const [start, end] = [startWithComments(node), node.getEnd()];
    splice(file, start, end, file.getFullText().slice(start, end).replace(pattern, text));
}

/** Removes a node with its line. */
export function removeLine(node: Node): void {
    const file = node.getSourceFile();
    splice(file, startOfLine(file, node.getStart()), file.getFullText().indexOf('\n', node.getEnd()) + 1, '');
}

/** Adds lines to the end of the documentation above a node. */
export function appendToDocumentation(node: Node, lines: string): void {
    const file = node.getSourceFile();
    const comment = node.getLeadingCommentRanges().at(-1);
    if (comment === undefined) throw new MovedError(file.getFilePath().slice(1), `documentation above ${node.getText()}`, 'none');
    const column = columnOf(node);
    const added = lines.split('\n').map(line => `${column} *${line === '' ? '' : ` ${line}`}\n`);
    const at = startOfLine(file, comment.getEnd());
    splice(file, at, at, added.join(''));
}
