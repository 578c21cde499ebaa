// Packs the built packages and looks at each tarball: what it holds, how large it is, what publint and are-the-types-wrong say
// of it, and the licences of what is installed with it.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { packages, programs, root } from '../build/packages.mjs';
import { licenceProblems } from './licences.mjs';
import { contentProblems, kilobytes, mapProblems, sizeProblems, sizesOf } from './tarball.mjs';

const base = join(root, 'node_modules/@modelcontextprotocol/sdk');
const published = [
    // The core is in every server. Raise its budget on purpose, and say in the changeset what it is spent on.
    ...packages.map(({ folder }) => ({ folder, ...(folder === '.' && { budget: { packed: 600_000, code: 125_000 } }) })),
    // nobody imports them
    ...programs.map(({ folder }) => ({ folder, isTyped: false })),
    {
        folder: 'packages/sdk',
        // the base's export map names dist/{esm,cjs}/index.*, and the base does not ship them
        isExpected: ({ code, path }) => code === 'FILE_DOES_NOT_EXIST' && path[0] === 'exports' && path[1] === '.',
        // the base's maps lead to its sources, which it does not ship
        isForeign: path => /\/server\/baseServer\./.test(path) || isUnchanged(path),
        extra: baseLicenceProblems,
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
    for (const {
        folder,
        isExpected = () => false,
        isForeign = () => false,
        extra = () => [],
        attw = [],
        isTyped = true,
        budget
    } of published) {
        const { tarball, paths, files } = pack(folder);
        const { messages, pkg } = await publint({ pack: { tarball: arrayBuffer(readFileSync(tarball)) }, strict: true });
        const read = path => readFileSync(join(root, folder, path), 'utf8');
        const sizes = sizesOf(files, readFileSync(tarball).length, read);
        const problems = [
            ...contentProblems(paths, pkg.files),
            ...mapProblems(paths, read).filter(problem => !isForeign(problem.split(' ', 1)[0])),
            ...(budget ? sizeProblems(sizes, budget) : []),
            ...extra(read, paths),
            ...messages.filter(message => !isExpected(message)).map(message => `publint: ${formatMessage(message, pkg)}`),
            ...(isTyped ? typeProblems(tarball, attw) : [])
        ];

        for (const problem of problems) console.error(`${pkg.name}: ${problem}`);
        if (problems.length > 0) process.exitCode = 1;
        const size = `${sizes.files} files, ${kilobytes(sizes.packed)} packed, ${kilobytes(sizes.code)} of compressed code`;
        console.log(`${pkg.name} ${pkg.version}: ${problems.length === 0 ? 'the tarball is sound: ' : ''}${size}`);
    }
    const folders = ['', ...[...packages, ...programs].map(({ folder }) => folder).filter(folder => folder !== '.'), 'packages/sdk'];
    for (const problem of licenceProblems(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')), folders)) {
        console.error(`licences: ${problem}`);
        process.exitCode = 1;
    }
} finally {
    rmSync(scratch, { recursive: true });
}

function pack(folder) {
    const destination = mkdtempSync(join(scratch, 'pack-'));
    const said = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', destination], {
        cwd: join(root, folder),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit']
    });
    const [{ filename, files }] = JSON.parse(said);
    return { tarball: join(destination, filename), files, paths: files.map(({ path }) => path) };
}

function typeProblems(tarball, attw) {
    const bin = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const checked = spawnSync(process.execPath, [bin, tarball, '--format', 'ascii', '--no-emoji', '--no-color', ...attw], {
        encoding: 'utf8'
    });
    return checked.status === 0 ? [] : [`are-the-types-wrong:\n${checked.stdout}${checked.stderr}`];
}

/** The base's licence and its copyright travel in what holds its files. */
function baseLicenceProblems(read, paths) {
    const licence = readFileSync(join(base, 'LICENSE'), 'utf8');
    const { version } = JSON.parse(readFileSync(join(base, 'package.json'), 'utf8'));
    const [copyright = licence] = /^Copyright .*$/m.exec(licence) ?? [];
    const file = 'LICENSE.modelcontextprotocol-sdk';
    const notice = read('NOTICE');
    return [
        ...(paths.includes(file) && read(file) === licence ? [] : [`${file} is not the licence of the base`]),
        ...[copyright, `@modelcontextprotocol/sdk ${version},`]
            .filter(text => !notice.includes(text))
            .map(text => `NOTICE does not say: ${text}`)
    ];
}

function isUnchanged(path) {
    const original = join(base, path);
    return existsSync(original) && readFileSync(original).equals(readFileSync(join(root, 'packages/sdk', path)));
}

function arrayBuffer(buffer) {
    return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
}
