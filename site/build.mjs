// Builds the documentation as a site in site/.vitepress/dist:
//   npm run site
// The pages are the documents of the repository and one for each public name, made of the docstrings. A link that leads
// nowhere, to a page or to a heading, fails the build, and so does a page that is not in the navigation.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brokenAnchors } from './anchors.mjs';
import { sidebar } from './navigation.mjs';
import { collectPages } from './pages.mjs';

const here = fileURLToPath(new URL('./', import.meta.url));
const root = fileURLToPath(new URL('../', import.meta.url));
const run = (program, ...args) => execFileSync(program, args, { cwd: here, stdio: ['ignore', 'inherit', 'inherit'] });

if (!existsSync(`${here}node_modules`)) {
    run('npm', 'ci', '--no-audit', '--no-fund', '--loglevel', 'error');
}
rmSync(`${here}pages`, { recursive: true, force: true });
const documents = collectPages(root, `${here}pages`);
run('npx', '--no-install', 'typedoc', '--options', 'typedoc.json');
checkNavigation(documents);
run('npx', '--no-install', 'vitepress', 'build');

const broken = brokenAnchors(`${here}.vitepress/dist`);
if (broken.length > 0) {
    console.error(`Links to headings that are not there:\n  ${broken.join('\n  ')}`);
    process.exitCode = 1;
}

function checkNavigation(names) {
    const listed = new Set(sidebar.flatMap(({ items }) => items.map(({ link }) => link)));
    // Each result is in the list of results.
    const missing = names.filter(name => !listed.has(name) && !/^\/bench\/results\/./.test(name));
    const gone = [...listed].filter(name => name !== '/api/' && !names.includes(name));
    if (missing.length + gone.length > 0) {
        throw new Error(`site/navigation.mjs lacks ${missing.join(', ') || 'nothing'}, and lists in vain ${gone.join(', ') || 'nothing'}`);
    }
}
