import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Branch } from '../../../upstream/series/change.js';
import { codeLiteral, protocolFile, transportFile } from '../../../upstream/series/places.js';
import { fillIn } from '../../../upstream/series/texts.js';

const source = (name: string): string => readFileSync(new URL(`sources/${name}.txt`, import.meta.url), 'utf8');

const tests: Readonly<Record<Branch, string>> = {
    'v1.x': 'test/server/streamableHttp.test.ts',
    main: 'packages/middleware/node/test/streamableHttp.test.ts'
};

/** What the files of a branch are, as far as the changes a to d look at them: our own text. */
export const filesOf = (branch: Branch): Record<string, string> => ({
    [transportFile[branch]]: fillIn(source('transport'), {
        PARSE_ERROR: codeLiteral(branch, -32700),
        REFUSED: codeLiteral(branch, -32000),
        GONE: codeLiteral(branch, -32001),
        CLEANUP: branch === 'main' ? 'stream.cleanup();' : 'void responses;',
        CLOSE_ALL:
            branch === 'main'
                ? 'for (const { cleanup } of this._streamMapping.values()) {\n    cleanup();\n}'
                : 'this._streamMapping.forEach(({ cleanup }) => cleanup());'
    }),
    [protocolFile[branch]]: fillIn(source('protocol'), {
        TASKS: branch === 'main' ? '' : 'private _taskProgressTokens: Map<string, number> = new Map();',
        CLEANUP_ID: branch === 'main' ? 'let cleanupMessageId: number | undefined;' : '',
        REMEMBER: branch === 'main' ? 'cleanupMessageId = messageId;' : ''
    }),
    [tests[branch]]: source('test')
});

/** A git folder with a file for each of `files`, committed. */
export class SmallClone {
    readonly root = mkdtempSync(join(tmpdir(), 'upstream-clone-'));

    constructor(files: Readonly<Record<string, string>>) {
        this.git('init', '--quiet');
        for (const [path, text] of Object.entries(files)) this.write(path, text);
        this.commit();
    }

    read(path: string): string {
        return readFileSync(join(this.root, path), 'utf8');
    }

    write(path: string, text: string): void {
        mkdirSync(dirname(join(this.root, path)), { recursive: true });
        writeFileSync(join(this.root, path), text);
    }

    commit(): void {
        this.git('add', '--all');
        this.git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--message', 'as it is', '--allow-empty');
    }

    /** Paths that differ from the last commit. */
    changed(): string[] {
        return this.git('status', '--porcelain', '--untracked-files=all')
            .split('\n')
            .filter(Boolean)
            .map(line => line.slice(3));
    }

    /** Every file of it, by path. */
    files(): Record<string, string> {
        const paths = this.git('ls-files', '--cached', '--others').split('\n').filter(Boolean);
        return Object.fromEntries(paths.sort().map(path => [path, this.read(path)]));
    }

    remove(): void {
        rmSync(this.root, { recursive: true });
    }

    private git(...parameters: string[]): string {
        return execFileSync('git', ['-C', this.root, ...parameters], { encoding: 'utf8' });
    }
}
