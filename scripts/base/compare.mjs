import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { declaredExports } from './declaredExports.mjs';

/**
 * What differs between two versions of a package, as lines for a reader.
 *
 * @param {{ folder: string, manifest: Record<string, any> }} before
 * @param {{ folder: string, manifest: Record<string, any> }} after
 * @param {string[]} replaced modules that the fork has its own of, such as `server/index`
 */
export function comparison(before, after, replaced) {
    const [old, young] = [before, after].map(({ folder }) => modulesOf(folder));
    const both = old.filter(module => young.includes(module));
    const differ = kind => both.filter(module => textOf(before.folder, module, kind) !== textOf(after.folder, module, kind));
    const changed = differ('.js');
    return [
        ...row('export map', changes(before.manifest.exports, after.manifest.exports)),
        ...['dependencies', 'peerDependencies', 'engines'].flatMap(field =>
            row(field, changes(before.manifest[field], after.manifest[field]))
        ),
        ...row('modules added', without(young, old)),
        ...row('modules removed', without(old, young)),
        ...row('modules changed', changed),
        ...row('declarations changed', differ('.d.ts')),
        ...exportChanges(before.folder, after.folder, both),
        ...replaced.flatMap(module => replacedChanges(before.folder, after.folder, module))
    ];
}

function exportChanges(before, after, modules) {
    const names = modules.map(module => `${module}.js`);
    const [old, young] = [before, after].map(folder => declaredExports(join(folder, 'dist/esm'), names));
    return names.flatMap(module => [
        ...row(`exports added to ${module}`, without(young[module], old[module])),
        ...row(`exports removed from ${module}`, without(old[module], young[module]))
    ]);
}

/** Lines added to and removed from what we have our own of: what may have to be done there, too. */
function replacedChanges(before, after, module) {
    const counts = ['.js', '.d.ts'].flatMap(kind => {
        const [old, young] = [before, after].map(folder => join(folder, 'dist/esm', module + kind));
        if (!existsSync(old) || !existsSync(young)) return [`${kind} ${existsSync(old) ? 'is gone' : 'is new'}`];
        const [added = '0', removed = '0'] = numstat(old, young);
        return added === '0' && removed === '0' ? [] : [`${kind} +${added} -${removed}`];
    });
    return row(`REPLACED BY US ${module}`, counts);
}

function numstat(old, young) {
    try {
        execFileSync('git', ['diff', '--no-index', '--numstat', old, young], { stdio: ['ignore', 'pipe', 'ignore'] });
        return [];
    } catch (error) {
        // Differences make it end with 1.
        return String(error.stdout).split(/\s+/);
    }
}

function modulesOf(folder) {
    return readdirSync(join(folder, 'dist/esm'), { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.js'))
        .map(name => name.slice(0, -'.js'.length))
        .sort();
}

function textOf(folder, module, kind) {
    const file = join(folder, 'dist/esm', module + kind);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** `+name value`, `-name`, `name value → value`. */
function changes(before = {}, after = {}) {
    const text = value => (typeof value === 'string' ? value : JSON.stringify(value));
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap(name => {
        if (!(name in before)) return [`+${name} ${text(after[name])}`];
        if (!(name in after)) return [`-${name}`];
        return text(before[name]) === text(after[name]) ? [] : [`${name} ${text(before[name])} → ${text(after[name])}`];
    });
}

function without(names, others) {
    return names.filter(name => !others.includes(name));
}

function row(title, items) {
    return items.length === 0 ? [] : [`${title}: ${items.join(', ')}`];
}
