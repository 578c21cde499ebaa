// The licences of all that is installed with our packages, as the lockfile has them.

const permissive = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'CC0-1.0', 'ISC', 'MIT', 'MIT-0', 'Unlicense'];

/**
 * Packages that come with ours (dependencies, peers, and theirs in turn) under a licence that asks for more than its notice.
 *
 * @param {{ packages: Record<string, Record<string, any>> }} lock
 * @param {string[]} folders of our packages, as the lockfile names them; '' is the root
 */
export function licenceProblems({ packages }, folders) {
    const waiting = [...folders];
    const seen = new Set(folders);
    const problems = [];
    while (waiting.length > 0) {
        const place = waiting.pop();
        const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = packages[place] ?? {};
        for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
            const found = installedFor(packages, place, name);
            // Ours are links; a peer or an optional dependency need not be there.
            if (found === undefined || seen.has(found) || packages[found].link) continue;
            seen.add(found);
            waiting.push(found);
            const { license, version } = packages[found];
            if (!isPermissive(license)) problems.push(`${name} ${version}: its licence is ${license ?? 'not said'}`);
        }
    }
    return problems;
}

/** Where Node finds a package from a place: in its own node_modules, or in those above. */
function installedFor(packages, place, name) {
    for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
        const candidate = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
        if (packages[candidate]) return candidate;
        if (folder === '') return undefined;
    }
}

/** An SPDX expression: one of several by OR, all of them by AND. */
function isPermissive(expression = '') {
    return expression
        .replaceAll(/[()]/g, '')
        .split(' OR ')
        .some(choice => choice.split(' AND ').every(name => permissive.includes(name.trim())));
}
