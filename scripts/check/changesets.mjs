// The rules of .changeset/README.md. Run by itself it looks at this repository:   node scripts/check/changesets.mjs
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lineOf } from '../base/versions.mjs';
import { packages, programs, root } from '../build/packages.mjs';

const fork = '@mcp-sessions/sdk';

/**
 * @param {object} state
 * @param {Record<string, string>} state.changesets the texts of the files, by name
 * @param {string[][]} state.fixed `fixed` of .changeset/config.json
 * @param {Record<string, { version: string, isBundled: boolean }>} state.versions of all packages but the drop-in
 * @param {string} state.forkVersion
 * @param {string} state.baseVersion
 */
export function changesetProblems({ changesets, fixed, versions, forkVersion, baseVersion }) {
    const names = Object.keys(versions);
    const problems = [];
    const bumps = Object.entries(changesets).flatMap(([file, text]) => bumpsOf(file, text, problems));
    for (const { file, name, bump } of bumps) {
        if (name !== fork && !names.includes(name)) problems.push(`${file}: there is no package ${name}`);
        if (name === fork && bump !== 'patch') problems.push(`${file}: ${fork} takes patch changes only, whatever their size`);
        if (name !== fork && bump === 'major') problems.push(`${file}: before 1.0 a change that breaks is minor`);
    }
    const bundled = bumps.filter(({ name }) => versions[name]?.isBundled);
    if (bundled.length > 0 && !bumps.some(({ name }) => name === fork)) {
        problems.push(`${bundled[0].file}: ${bundled[0].name} is in ${fork}, which no changeset names: add it, as patch`);
    }

    const [group = []] = fixed;
    if (fixed.length !== 1 || group.toSorted().join() !== names.toSorted().join()) {
        problems.push(`config.json: "fixed" must be one group of ${names.join(', ')}`);
    }
    if (new Set(Object.values(versions).map(({ version }) => version)).size !== 1) {
        problems.push(
            `the packages of the group differ in their versions: ${names.map(name => `${name} ${versions[name].version}`).join(', ')}`
        );
    }
    const { first, last, isIn } = lineOf(baseVersion);
    if (!isIn(forkVersion)) problems.push(`${fork} ${forkVersion} is not of the line of its base, ${first} to ${last}`);
    return problems;
}

function bumpsOf(file, text, problems) {
    const [, front] = /^---\r?\n([^]*?)\r?\n---\r?\n\s*\S/.exec(text) ?? [];
    if (front === undefined) {
        problems.push(`${file}: has no front matter, or says nothing`);
        return [];
    }
    return front
        .split(/\r?\n/)
        .filter(line => line.trim() !== '')
        .flatMap(line => {
            const [, name, bump] = /^['"]?([^'"]+)['"]?:\s*(major|minor|patch)\s*$/.exec(line) ?? [];
            if (name !== undefined) return [{ file, name, bump }];
            problems.push(`${file}: cannot be read: ${line}`);
            return [];
        });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const json = path => JSON.parse(readFileSync(join(root, path), 'utf8'));
    const folder = join(root, '.changeset');
    const files = readdirSync(folder).filter(name => name.endsWith('.md') && name !== 'README.md');
    const problems = changesetProblems({
        changesets: Object.fromEntries(files.map(name => [name, readFileSync(join(folder, name), 'utf8')])),
        fixed: json('.changeset/config.json').fixed,
        versions: Object.fromEntries(
            [...packages, ...programs].map(({ name, folder, isBundled }) => [
                name,
                { version: json(join(folder, 'package.json')).version, isBundled }
            ])
        ),
        forkVersion: json('packages/sdk/package.json').version,
        baseVersion: json('packages/sdk/base.json').version
    });
    for (const problem of problems) console.error(`changesets: ${problem}`);
    process.exitCode = problems.length > 0 ? 1 : 0;
}
