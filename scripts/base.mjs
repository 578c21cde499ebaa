// Follows the base:
//   npm run base                            names the releases of the base that are newer than the pinned one
//   npm run base -- 1.33.0 --dry-run        says what differs, and changes nothing
//   npm run base -- 1.33.0                  says it, pins that release, builds, and runs the tests that compare it with ours
//   npm run base -- 1.33.0 --no-tests       pins and builds
// In place of a version: newest.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { move, pinned } from './base/move.mjs';
import { download, versionsOf } from './base/registry.mjs';
import { isRelease, newerThan, numbersOf } from './base/versions.mjs';
import { checkedBase } from './build/base.mjs';
import { root } from './build/packages.mjs';

/** Tests that run on the official package and on ours, or hold what ours is made of. */
const sideBySide = ['test/wire', 'test/packed', 'test/conformance'];

const words = process.argv.slice(2);
const [wanted, ...more] = words.filter(word => !word.startsWith('--'));
const flags = words.filter(word => word.startsWith('--'));
const pin = JSON.parse(readFileSync(join(root, 'packages/sdk/base.json'), 'utf8'));
const scratch = mkdtempSync(join(tmpdir(), 'mcp-sessions-base-'));
try {
    process.exitCode = await main();
} catch (error) {
    console.error(`base: ${error.message}`);
    process.exitCode = 1;
} finally {
    rmSync(scratch, { recursive: true, force: true });
}

async function main() {
    const unknown = flags.filter(flag => !['--dry-run', '--no-tests'].includes(flag));
    if (unknown.length > 0 || more.length > 0) throw new Error(`cannot do anything with ${[...more, ...unknown].join(' ')}`);
    if (wanted === undefined || wanted === 'newest') {
        const newer = newerThan(pin.version, await versionsOf(pin.name));
        if (wanted === undefined || newer.length === 0) {
            console.log(
                newer.length === 0 ? `There is no release after ${pin.name} ${pin.version}.` : `After ${pin.version}: ${newer.join(', ')}`
            );
            return 0;
        }
        return follow(newer.at(-1));
    }
    return follow(wanted);
}

async function follow(version) {
    if (!isRelease(version)) throw new Error(`${version} is no release, such as ${pin.version}. Nothing was changed`);
    if (numbersOf(version).major !== numbersOf(pin.version).major) {
        throw new Error(`the drop-in follows ${numbersOf(pin.version).major}.x, and ${version} is not of it. Nothing was changed`);
    }
    if (version === pin.version) {
        console.log(`The base is ${pin.name} ${version} already. Nothing was changed.`);
        return 0;
    }
    const isTry = flags.includes('--dry-run');
    if (!isTry) refuseUnsaved();

    const folder = checkedBase(root, pin);
    const before = { folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) };
    const after = await download(pin.name, version, scratch).catch(error => {
        throw new Error(`${error.message}. Nothing was changed`);
    });
    // Both load TypeScript, which takes a second: only when there is something to compare.
    const [{ comparison }, { replacedModules }] = await Promise.all([import('./base/compare.mjs'), import('./build/fork.mjs')]);
    console.log(`${pin.name} ${pin.version} → ${version}\n`);
    const lines = comparison(
        before,
        after,
        [...replacedModules, 'index'].map(module => `server/${module}`)
    );
    console.log(lines.length === 0 ? 'no difference in modules, exports and dependencies' : lines.map(line => `  ${line}`).join('\n'));
    if (isTry) {
        console.log('\nNothing was changed.');
        return 0;
    }

    move(root, pin, after, before.manifest);
    console.log(`\npinned in ${pinned.join(', ')}`);
    console.log(`still name ${pin.version}:\n${placesOf(pin.version)}`);
    console.log(`to see a change: npm diff --diff=${pin.name}@${pin.version} --diff=${pin.name}@${version} dist/esm/<module>.js`);
    console.log(`to take all back: git checkout -- ${pinned.join(' ')} && npm ci\n`);
    const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit', cwd: root });
    if (status !== 0) throw new Error(`our code does not build on ${version}, as said above. It stays pinned: mend that, or take all back`);
    return flags.includes('--no-tests') ? 0 : compareByTests();
}

/** A move can be taken back by git, and by nothing else. */
function refuseUnsaved() {
    const said = execFileSync('git', ['status', '--porcelain', '--', ...pinned], { cwd: root, encoding: 'utf8' }).trimEnd();
    if (said !== '') throw new Error(`commit these files first, or put their changes aside. Nothing was changed\n${said}`);
}

function placesOf(text) {
    const found = spawnSync('git', ['grep', '-nFI', text, '--', ':!bench/results', ':!package-lock.json', ':!*CHANGELOG.md'], {
        cwd: root,
        encoding: 'utf8'
    });
    return found.stdout.trimEnd().replaceAll(/^([^:]+:\d+):.*$/gm, '  $1') || '  nothing';
}

function compareByTests() {
    const report = join(root, '.cache/base.json');
    rmSync(report, { force: true });
    const { status } = spawnSync(
        'npx',
        ['--no-install', 'vitest', 'run', '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`, ...sideBySide],
        { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] }
    );
    if (!existsSync(report)) throw new Error(`${sideBySide.join(', ')} did not run. The new base stays pinned`);
    const { testResults, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'));
    const failed = testResults.flatMap(({ name, status: fileStatus, message, assertionResults }) => {
        const file = relative(root, name);
        const tests = assertionResults.filter(test => test.status === 'failed').map(test => `${file}: ${test.fullName}`);
        return tests.length === 0 && fileStatus === 'failed' ? [`${file}: ${message.split('\n', 1)[0]}`] : tests;
    });
    console.log(`${sideBySide.join(', ')}: ${numPassedTests} passed, ${failed.length} failed`);
    for (const test of failed) console.log(`  ${test}`);
    return status === 0 ? 0 : 1;
}
