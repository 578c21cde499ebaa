import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../scripts/build/packages.mjs';

const run = promisify(execFile);
const name = '@modelcontextprotocol/sdk';
const pinned = ['package.json', 'package-lock.json', 'packages/sdk/base.json', 'packages/sdk/package.json', 'packages/sdk/NOTICE'];
const pin = JSON.parse(readFileSync(join(root, 'packages/sdk/base.json'), 'utf8')) as { version: string };

/** A registry with one release more than there is, in which something changed. */
const next = '1.999.0';
let scratch: string;
let registry: Server;
let url: string;
beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'mcp-sessions-registry-'));
    const folder = join(scratch, 'sdk');
    cpSync(join(root, 'node_modules', name), folder, { recursive: true });
    rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
    delete manifest.dependencies['cors'];
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, version: next, scripts: {} }));
    for (const [file, line] of [
        ['server/streamableHttp.js', 'changed();'],
        ['inMemory.d.ts', 'export declare const added: number;']
    ] as const) {
        const path = join(folder, 'dist/esm', file);
        writeFileSync(path, `${line}\n${readFileSync(path, 'utf8')}`);
    }
    rmSync(join(folder, 'dist/esm/server/stdio.js'));
    const { stdout } = await run('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', scratch], { cwd: folder });
    const [{ filename, integrity } = { filename: '', integrity: '' }] = JSON.parse(stdout) as { filename: string; integrity: string }[];

    registry = createServer((request, response) => {
        if (request.url?.endsWith('.tgz')) {
            response.end(readFileSync(join(scratch, filename)));
            return;
        }
        const release = { name, version: next, dist: { tarball: `${url}/sdk.tgz`, integrity } };
        const older = { name, version: pin.version, dist: { tarball: `${url}/none`, integrity: 'sha512-none' } };
        const versions = { [pin.version]: older, [next]: release, '1.999.1-beta.0': release, '2.0.0': release };
        response.end(JSON.stringify({ name, 'dist-tags': { latest: '2.0.0' }, versions }));
    });
    await new Promise<void>(resolve => registry.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
});
afterAll(async () => {
    await new Promise(resolve => registry.close(resolve));
    rmSync(scratch, { recursive: true, force: true });
});

/** `npm run base` with a registry, and what it says and how it ends. */
async function base(words: string[], from = url): Promise<{ code: number; said: string }> {
    const before = pinned.map(file => readFileSync(join(root, file), 'utf8'));
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, npm_config_registry: from, npm_config_cache: join(scratch, 'cache') };
    const ended = await run(process.execPath, [join(root, 'scripts/base.mjs'), ...words], { cwd: root, env }).then(
        ({ stdout }) => ({ code: 0, said: stdout }),
        (error: { code: number; stderr: string }) => ({ code: error.code, said: error.stderr })
    );
    expect(pinned.map(file => readFileSync(join(root, file), 'utf8'))).toEqual(before);
    return ended;
}

describe('npm run base', { timeout: 120_000 }, () => {
    it('names the releases that are newer, of the same major version', async () => {
        expect(await base([])).toEqual({ code: 0, said: `After ${pin.version}: ${next}\n` });
    });

    it('says what differs, and with --dry-run changes nothing', async () => {
        const { code, said } = await base(['newest', '--dry-run']);
        expect(code).toBe(0);
        expect(said.split('\n').map(line => line.trim())).toEqual([
            `${name} ${pin.version} → ${next}`,
            '',
            'dependencies: -cors',
            'modules removed: server/stdio',
            'modules changed: server/streamableHttp',
            'declarations changed: inMemory',
            'exports added to inMemory.js: added',
            'REPLACED BY US server/streamableHttp: .js +1 -0',
            '',
            'Nothing was changed.',
            ''
        ]);
    });

    it.each<[string, string[], string, string?]>([
        ['a version that there is not', ['1.998.0'], 'the registry has no such version. Nothing was changed'],
        [
            'a registry that does not answer',
            [next],
            'the registry cannot be reached (ECONNREFUSED). Nothing was changed',
            'http://127.0.0.1:1'
        ],
        ['another major version', ['2.0.0'], 'the drop-in follows 1.x, and 2.0.0 is not of it. Nothing was changed'],
        ['a range', ['^1.33.0'], '^1.33.0 is no release'],
        ['a word that it does not know', [next, '--force'], 'cannot do anything with --force']
    ])('refuses %s, and changes nothing', async (_what, words, message, from) => {
        const { code, said } = await base([...words, '--dry-run'], from);
        expect(code).toBe(1);
        expect(said).toContain(message);
    });

    it('has nothing to do for the pinned version', async () => {
        expect(await base([pin.version])).toEqual({ code: 0, said: `The base is ${name} ${pin.version} already. Nothing was changed.\n` });
    });
});
