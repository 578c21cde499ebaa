import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { lineOf } from '../../scripts/base/versions.mjs';
import { checkedBase } from '../../scripts/build/base.mjs';
import { specifiersOf } from '../../scripts/build/specifiers.mjs';
import { baseFolder } from './support/modules.js';
import { baseVersion, workspace } from './support/scratch.js';

type Manifest = Record<string, Record<string, unknown> | undefined>;

const scratch = inject('scratch');
const installed = join(scratch.alias, 'node_modules/@modelcontextprotocol/sdk');
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Manifest;
const filesOf = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1));

/** Modules that no declaration of the fork's entries leads to. */
const loadsDrivers = /\/sessions\/(backends\/(drivers|ioredisClient|nodeRedisClient|openPostgres|openUpstash)|opentelemetry\/\w+)\./;

/** What the fork takes where it is installed. */
const optionalPeers = ['packages/backends', 'packages/opentelemetry'].reduce<Record<string, unknown>>(
    (all, folder) => ({ ...all, ...json(join(workspace, folder, 'package.json')).peerDependencies }),
    {}
);

describe('the packed fork', () => {
    const ours = json(join(installed, 'package.json'));
    const base = json(join(baseFolder, 'package.json'));

    it('D1: has the export map of the base', () => {
        expect(ours.exports).toEqual(base.exports);
        expect(ours.typesVersions).toEqual(base.typesVersions);
    });

    it('D5: has the dependencies and peers of the base, and the drivers of all backends and OpenTelemetry as optional peers', () => {
        const optional = Object.fromEntries(Object.keys(optionalPeers).map(driver => [driver, { optional: true }]));
        expect(Object.keys(optionalPeers)).toEqual(['@upstash/redis', '@vercel/kv', 'ioredis', 'pg', 'redis', '@opentelemetry/api']);
        expect(ours.dependencies).toEqual(base.dependencies);
        expect(ours.peerDependencies).toEqual({ ...base.peerDependencies, ...optionalPeers });
        expect(ours.peerDependenciesMeta).toEqual({ ...base.peerDependenciesMeta, ...optional });
        expect(ours.optionalDependencies).toBeUndefined();
        expect(ours.devDependencies).toBeUndefined();
        expect(ours.scripts).toBeUndefined();
    });

    it('has a version that the peer ranges of the base accept', () => {
        expect(base.version).toBe(baseVersion);
        expect(lineOf(baseVersion).isIn(ours.version as unknown as string)).toBe(true);
    });

    it('has the files of the base unchanged, but for the modules that NOTICE names', () => {
        const baseFiles = filesOf(join(baseFolder, 'dist'));
        const changed = baseFiles.filter(file => {
            const ourFile = join(installed, 'dist', file);
            return !existsSync(ourFile) || !readFileSync(ourFile).equals(readFileSync(join(baseFolder, 'dist', file)));
        });
        const added = filesOf(join(installed, 'dist')).filter(file => !baseFiles.includes(file));
        expect(modulesOf(changed)).toEqual(['server/index', 'server/streamableHttp', 'server/webStandardStreamableHttp']);
        expect(modulesOf(added.filter(file => !/^(esm|cjs)\/sessions\//.test(file)))).toEqual([
            'server/baseServer',
            'server/protocolRules',
            'server/serverTransport',
            'server/sessionHandler',
            'server/telemetry'
        ]);
        const notice = readFileSync(join(installed, 'NOTICE'), 'utf8');
        for (const module of [...modulesOf(changed), ...modulesOf(added.filter(file => !file.includes('/sessions/')))]) {
            expect(notice).toContain(module);
        }
        expect(notice).toContain(`@modelcontextprotocol/sdk ${baseVersion}`);
    });

    it('carries both licences', () => {
        expect(readFileSync(join(installed, 'LICENSE'))).toEqual(readFileSync(join(workspace, 'LICENSE')));
        expect(readFileSync(join(installed, 'LICENSE.modelcontextprotocol-sdk'))).toEqual(readFileSync(join(baseFolder, 'LICENSE')));
    });

    it('D5: imports nothing from its own modules but the files beside them, what Node has, and on demand what is optional', () => {
        const drivers = Object.keys(optionalPeers);
        const own = filesOf(join(installed, 'dist')).filter(
            file =>
                /\.(js|d\.ts)$/.test(file) &&
                (file.includes('/sessions/') ||
                    /\/server\/(index|(webStandardS|s)treamableHttp|protocolRules|serverTransport|sessionHandler|telemetry)\./.test(file))
        );
        expect(own.length).toBeGreaterThan(20);
        for (const file of own) {
            for (const specifier of specifiersOf(readFileSync(join(installed, 'dist', file), 'utf8'))) {
                if (loadsDrivers.test(file) && drivers.includes(specifier)) continue;
                expect(specifier, `${file} imports ${specifier}`).toMatch(/^(\.|node:)/);
                if (specifier.startsWith('.')) {
                    expect(existsSync(join(installed, 'dist', file, '..', specifier)), `${file} imports ${specifier}`).toBe(true);
                }
            }
        }
    });
});

describe('the pin of the base', () => {
    const root = mkdtempSync(join(scratch.root, 'pin-'));
    const pin = { name: 'base', version: '1.0.0', integrity: 'sha512-a' };
    afterAll(() => rmSync(root, { recursive: true }));

    const install = (version: string, locked: { version: string; integrity: string } | undefined) => {
        mkdirSync(join(root, 'node_modules/base'), { recursive: true });
        writeFileSync(join(root, 'node_modules/base/package.json'), JSON.stringify({ version }));
        writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { 'node_modules/base': locked } }));
    };

    it('is refused when it is not installed, installed otherwise, or locked otherwise', () => {
        expect(() => checkedBase(root, pin)).toThrow('node_modules/base is not installed. Run: npm ci');
        install('1.0.1', { version: '1.0.0', integrity: 'sha512-a' });
        expect(() => checkedBase(root, pin)).toThrow('node_modules/base is version 1.0.1, not 1.0.0');
        install('1.0.0', undefined);
        expect(() => checkedBase(root, pin)).toThrow('package-lock.json has no entry for node_modules/base');
        install('1.0.0', { version: '1.0.0', integrity: 'sha512-b' });
        expect(() => checkedBase(root, pin)).toThrow('package-lock.json has integrity sha512-b for node_modules/base, not sha512-a');
        install('1.0.0', { version: '1.0.0', integrity: 'sha512-a' });
        expect(checkedBase(root, pin)).toBe(join(root, 'node_modules/base'));
    });
});

/** Module paths such as `server/index`, without format and extension, each once. */
function modulesOf(files: string[]): string[] {
    return [...new Set(files.map(file => file.replace(/^(esm|cjs)\//, '').replace(/\.(js|d\.ts)(\.map)?$/, '')))].sort();
}
