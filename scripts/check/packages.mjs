// Packs the built packages and runs publint and are-the-types-wrong on each tarball.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { packages, programs, root } from '../build/packages.mjs';

const published = [
    ...packages.map(({ folder }) => ({ folder })),
    // nobody imports them
    ...programs.map(({ folder }) => ({ folder, isTyped: false })),
    {
        folder: 'packages/sdk',
        // the base's export map names dist/{esm,cjs}/index.*, and the base does not ship them
        isExpected: ({ code, path }) => code === 'FILE_DOES_NOT_EXIST' && path[0] === 'exports' && path[1] === '.',
        attw: [
            ...['--exclude-entrypoints', '.'],
            // subpaths need an export map, which TypeScript's old resolution does not read: so in the base
            ...['--profile', 'node16'],
            // the export map of the base has one set of declarations, those of the ES modules
            ...['--ignore-rules', 'false-esm']
        ]
    }
];

const scratch = mkdtempSync(join(tmpdir(), 'mcp-sessions-check-'));
try {
    for (const { folder, isExpected = () => false, attw = [], isTyped = true } of published) {
        const tarball = pack(folder);
        const { messages, pkg } = await publint({ pack: { tarball: arrayBuffer(readFileSync(tarball)) }, strict: true });
        const problems = messages.filter(message => !isExpected(message)).map(message => `publint: ${formatMessage(message, pkg)}`);

        if (isTyped) problems.push(...typeProblems(tarball, attw));

        for (const problem of problems) console.error(`${pkg.name}: ${problem}`);
        if (problems.length > 0) process.exitCode = 1;
        else console.log(`${pkg.name} ${pkg.version}: the tarball is sound`);
    }
} finally {
    rmSync(scratch, { recursive: true });
}

function pack(folder) {
    const destination = mkdtempSync(join(scratch, 'pack-'));
    execFileSync('npm', ['pack', '--silent', '--pack-destination', destination], {
        cwd: join(root, folder),
        stdio: ['ignore', 'ignore', 'inherit']
    });
    return join(destination, readdirSync(destination)[0]);
}

function typeProblems(tarball, attw) {
    const bin = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const checked = spawnSync(process.execPath, [bin, tarball, '--format', 'ascii', '--no-emoji', '--no-color', ...attw], {
        encoding: 'utf8'
    });
    return checked.status === 0 ? [] : [`are-the-types-wrong:\n${checked.stdout}${checked.stderr}`];
}

function arrayBuffer(buffer) {
    return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
}
