// What a tarball holds: what belongs there, nothing else, and not more than a limit of it.
import { posix } from 'node:path';
import { gzipSync } from 'node:zlib';

const everywhere = ['LICENSE', 'README.md', 'package.json'];
const kinds = {
    dist: /\.(js|d\.ts)(\.map)?$|(^|\/)package\.json$/,
    page: /\.(js|css|html)$/
};
const ofTests = /(^|\/)(tests?|__tests__|fixtures)\/|\.(test|spec)\./;

/**
 * What is missing, and what is not meant to be published.
 *
 * @param {string[]} paths the files of the tarball
 * @param {string[]} listed `files` of its package.json
 */
export function contentProblems(paths, listed) {
    const isWanted = path => {
        const [folder] = path.split('/', 1);
        if (folder === path) return everywhere.includes(path) || path === 'CHANGELOG.md' || listed.includes(path);
        return listed.includes(folder) && kinds[folder]?.test(path) === true && !ofTests.test(path);
    };
    const isThere = name => paths.some(path => path === name || path.startsWith(`${name}/`));
    return [
        ...[...new Set([...everywhere, ...listed])].filter(name => !isThere(name)).map(name => `${name} is missing`),
        ...paths.filter(path => !isWanted(path)).map(path => `${path} is published, and should not be`)
    ];
}

/**
 * Source maps that lead nowhere: a source that is neither in the map nor in the tarball, or a map that is not there.
 *
 * @param {string[]} paths the files of the tarball
 * @param {(path: string) => string} read
 */
export function mapProblems(paths, read) {
    const present = new Set(paths);
    return paths.flatMap(path => {
        const beside = name => posix.join(posix.dirname(path), name);
        if (path.endsWith('.map')) {
            const { sources, sourcesContent = [], sourceRoot = '' } = JSON.parse(read(path));
            return sources
                .filter(
                    (source, index) => typeof sourcesContent[index] !== 'string' && !present.has(beside(posix.join(sourceRoot, source)))
                )
                .map(source => `${path} leads to ${source}, which is not published`);
        }
        if (!/\.(js|d\.ts)$/.test(path)) return [];
        const [, map] = /^\/\/# sourceMappingURL=(\S+)\s*$/m.exec(read(path)) ?? [];
        return map === undefined || map.startsWith('data:') || present.has(beside(map)) ? [] : [`${path} names ${map}, which is not there`];
    });
}

/**
 * Bytes of the tarball, and of the ES modules that a program loads, compressed.
 *
 * @param {{ path: string }[]} files
 * @param {number} packed the bytes of the tarball
 * @param {(path: string) => string} read
 */
export function sizesOf(files, packed, read) {
    const modules = files.map(({ path }) => path).filter(path => path.startsWith('dist/esm/') && path.endsWith('.js'));
    return { files: files.length, packed, code: gzipSync(modules.map(read).join('\n')).length };
}

/**
 * @param {{ packed: number, code: number }} sizes
 * @param {{ packed: number, code: number }} budget
 */
export function sizeProblems(sizes, budget) {
    return ['packed', 'code']
        .filter(name => sizes[name] > budget[name])
        .map(name => `${name}: ${kilobytes(sizes[name])}, over its budget of ${kilobytes(budget[name])}`);
}

/** @param {number} bytes */
export function kilobytes(bytes) {
    return `${Math.ceil(bytes / 1000)} kB`;
}
