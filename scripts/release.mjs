// Publishes each package whose version is not on npm yet, with provenance. Run by .github/workflows/release.yml alone.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages, programs, root } from './build/packages.mjs';

const { GITHUB_ACTIONS, GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
if (GITHUB_ACTIONS !== 'true' || !GITHUB_SERVER_URL || !GITHUB_REPOSITORY) {
    console.error('Packages are published by the workflow alone, which can show where they come from.');
    process.exit(1);
}

// npm takes provenance only for a package that names the repository that the workflow runs in: also in a copy of this one.
for (const folder of [...[...packages, ...programs].map(({ folder }) => folder), 'packages/sdk']) {
    const file = join(root, folder, 'package.json');
    const repository = {
        type: 'git',
        url: `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git`,
        ...(folder !== '.' && { directory: folder })
    };
    writeFileSync(file, `${JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), repository }, null, 4)}\n`);
}
execFileSync('npx', ['--no-install', 'changeset', 'publish'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NPM_CONFIG_PROVENANCE: 'true' }
});
