import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Project, type SourceFile } from 'ts-morph';
import type { Branch } from './change.js';
import { MovedError, RefusedError } from './errors.js';

// What only one of the branches has.
const layouts: Readonly<Record<Branch, string>> = {
    'v1.x': 'src/server/webStandardStreamableHttp.ts',
    main: 'packages/server/src/server/streamableHttp.ts'
};

/** The branch that a clone has checked out, by its layout. */
export function branchOf(root: string, said?: Branch): Branch {
    const found = (Object.keys(layouts) as Branch[]).filter(branch => existsSync(join(root, layouts[branch])));
    const [branch] = found;
    if (branch === undefined || found.length > 1) {
        throw new RefusedError(
            `${root} is no clone of modelcontextprotocol/typescript-sdk: expected one of ${Object.values(layouts).join(' and ')}.`
        );
    }
    if (said !== undefined && said !== branch) throw new RefusedError(`--branch ${said} was said, but ${root} has the files of ${branch}.`);
    return branch;
}

/** The files of a clone, changed in memory until they are all written at once. */
export class Clone {
    readonly #project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });
    readonly #texts = new Map<string, { before: string; after: string }>();

    constructor(
        readonly root: string,
        readonly branch: Branch
    ) {}

    /** A TypeScript file of the clone, to be edited. */
    source(path: string): SourceFile {
        return this.#project.getSourceFile(`/${path}`) ?? this.#project.createSourceFile(`/${path}`, this.#read(path, 'the file'));
    }

    /** Whether the clone has that file, or a change has added it. */
    has(path: string): boolean {
        return this.#texts.has(path) || existsSync(this.#absolute(path));
    }

    /** Adds a file that must not be there. */
    add(path: string, text: string): void {
        if (this.has(path)) throw new RefusedError(`${path} is there already.`);
        this.#texts.set(path, { before: '', after: text });
    }

    /** Puts a paragraph at the end of a document's section: before the next heading of the same or a higher level. */
    insertBelowHeading(path: string, heading: string, text: string): void {
        const { lines, end } = this.#section(path, heading);
        const section = lines.slice(0, end).join('\n').trimEnd();
        this.#replaceText(path, `${section}\n\n${text.trim()}\n${['', ...lines.slice(end)].join('\n')}`);
    }

    /** Replaces the one paragraph of a document's section that contains `phrase`. */
    replaceParagraph(path: string, heading: string, phrase: string, text: string): void {
        const { lines, start, end } = this.#section(path, heading);
        const paragraphs = lines.slice(start, end).join('\n').split('\n\n');
        const found = paragraphs.filter(paragraph => paragraph.includes(phrase));
        if (found.length !== 1) {
            throw new MovedError(path, `a paragraph about "${phrase}" below "${heading}"`, found.length === 0 ? 'none' : `${found.length}`);
        }
        const section = paragraphs.map(paragraph => (paragraph === found[0] ? text.trim() : paragraph)).join('\n\n');
        this.#replaceText(path, [...lines.slice(0, start), section, ...lines.slice(end)].join('\n'));
    }

    /** The lines of a document, and where the section of a heading starts and ends in them. */
    #section(path: string, heading: string): { lines: readonly string[]; start: number; end: number } {
        const lines = this.#read(path, `the heading "${heading}"`).split('\n');
        const levelOf = (line: string) => /^#+(?= )/.exec(line)?.[0].length;
        const found = lines.flatMap((line, at) => (levelOf(line) !== undefined && line.replace(/^#+ /, '') === heading ? [at] : []));
        const [start] = found;
        if (start === undefined || found.length > 1) {
            throw new MovedError(path, `the heading "${heading}"`, found.length === 0 ? 'none' : `${found.length}`);
        }
        const level = levelOf(lines[start] ?? '') ?? 0;
        const next = lines.findIndex((line, index) => index > start && (levelOf(line) ?? Infinity) <= level);
        return { lines, start, end: next === -1 ? lines.length : next };
    }

    /** What differs from the disk now. */
    changed(): Map<string, { before: string; after: string }> {
        const changed = new Map(this.#texts);
        for (const file of this.#project.getSourceFiles()) {
            const path = file.getFilePath().slice(1);
            const before = this.#texts.get(path)?.before ?? this.#onDisk(path);
            changed.set(path, { before, after: file.getFullText() });
        }
        for (const [path, { before, after }] of changed) if (before === after) changed.delete(path);
        return changed;
    }

    /** Writes everything. */
    write(): void {
        for (const path of this.changed().keys()) this.#checkWritable(path);
        for (const [path, { after }] of this.changed()) {
            mkdirSync(dirname(this.#absolute(path)), { recursive: true });
            writeFileSync(this.#absolute(path), after);
        }
    }

    #checkWritable(path: string): void {
        if (!existsSync(this.#absolute(path))) return;
        try {
            accessSync(this.#absolute(path), constants.W_OK);
        } catch (error) {
            throw new RefusedError(`${path} cannot be written. Nothing was written.`, { cause: error });
        }
    }

    #absolute(path: string): string {
        return join(this.root, path);
    }

    #read(path: string, anchor: string): string {
        if (!this.has(path)) throw new MovedError(path, anchor, 'no such file');
        return this.#texts.get(path)?.after ?? this.#onDisk(path);
    }

    #replaceText(path: string, after: string): void {
        this.#texts.set(path, { before: this.#texts.get(path)?.before ?? this.#onDisk(path), after });
    }

    #onDisk(path: string): string {
        const text = readFileSync(this.#absolute(path), 'utf8');
        if (text.includes('\r\n')) {
            throw new RefusedError(
                `${path} has Windows line endings: clone with \`git clone -c core.autocrlf=false\`. Nothing was written.`
            );
        }
        return text;
    }
}
