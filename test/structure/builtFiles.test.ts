import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packages } from '../../scripts/build/packages.mjs';
import { arrows } from '../../scripts/check/arrows.mjs';
import { specifiersOf } from '../../scripts/build/specifiers.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const formats = ['esm', 'cjs'];

/** Private fields of the base's `Protocol`, `Server`, `McpServer` and of its two transports. */
const privateFields = [
    ...['_transport', '_requestMessageId', '_requestHandlers', '_requestHandlerAbortControllers', '_notificationHandlers'],
    ...['_responseHandlers', '_progressHandlers', '_timeoutInfo', '_pendingDebouncedNotifications', '_onrequest', '_onresponse'],
    ...['_onnotification', '_oncancel', '_serverInfo', '_capabilities', '_clientCapabilities', '_clientVersion', '_instructions'],
    ...['_loggingLevels', '_oninitialize', '_registeredTools', '_registeredResources', '_registeredPrompts'],
    ...['_webStandardTransport', '_requestListener', '_requestContext', '_started', '_hasHandledRequest', '_streamMapping'],
    ...['_requestToStreamMapping', '_requestResponseMap', '_resumableStreams', '_initialized', '_enableJsonResponse'],
    ...['_standaloneSseStreamId', '_eventStore', '_onsessioninitialized', '_onsessionclosed', '_closed']
];

/** A field of messages, and two members of node-redis' clients that its own packages use among each other. */
const notOfTheBase = ['_meta', '_keyPrefix', '_execute'];

const core = formats.flatMap(format => builtFiles(join(root, 'dist', format)));
const others = packages
    .filter(({ folder }) => folder !== '.')
    .map(described => ({ ...described, files: formats.flatMap(format => builtFiles(join(root, described.folder, 'dist', format))) }));
const fork = formats.flatMap(format =>
    ['index', 'protocolRules', 'serverTransport', 'sessionHandler', 'streamableHttp', 'webStandardStreamableHttp']
        .flatMap(module => [`${module}.js`, `${module}.d.ts`])
        .map(name => ({ name, text: readFileSync(join(root, 'packages/sdk/dist', format, 'server', name), 'utf8') }))
);

describe('the built files', () => {
    it('follow the arrows: transport to session to ports, and adapters to ports', () => {
        expect(new Set(core.map(({ folder }) => folder).filter(folder => folder !== ''))).toEqual(new Set(Object.keys(arrows)));
        for (const { name, folder, text } of core) {
            if (folder === '') continue;
            for (const specifier of specifiersOf(text).filter(path => path.startsWith('../'))) {
                const target = join(name, '..', specifier).split('/');
                const allowed = target.length === 1 || [folder, ...(arrows[folder] ?? [])].includes(target[0] ?? '');
                expect(allowed, `${name} imports ${specifier}`).toBe(true);
            }
        }
    });

    it('of the core import no package, and what only Node has in the Node shells alone', () => {
        for (const { name, text } of core) {
            for (const specifier of specifiersOf(text).filter(path => !path.startsWith('.'))) {
                expect(specifier, `${name} imports ${specifier}`).toMatch(/^node:/);
                expect(name).toMatch(/^(transport\/node|handler\/(node|createSessionHandler))/);
            }
        }
    });

    for (const { name, files, imports, dependencies, drivers } of others) {
        const loadsDrivers = ['@mcp-sessions/backends', '@mcp-sessions/opentelemetry'].includes(name);

        it(`of ${name} import what it depends on; the driver is the caller’s${loadsDrivers ? ', or loaded on demand' : ''}`, () => {
            const allowed = [...imports, ...dependencies, ...(loadsDrivers ? drivers : [])];
            const atStart = new RegExp(
                `^(?:import|.* from|(?:const|var) .*\\brequire\\() ?['"](?:${drivers.join('|') || 'none'})['"]`,
                'm'
            );
            expect(files).not.toEqual([]);
            for (const { name: file, text } of files) {
                for (const specifier of specifiersOf(text).filter(path => !/^(\.|node:)/.test(path))) {
                    expect(allowed, `${file} imports ${specifier}`).toContain(specifier);
                }
                if (file.endsWith('.js')) expect(withoutComments(text), `${file} loads a driver at its start`).not.toMatch(atStart);
            }
        });
    }

    it('touch no private field of the base', () => {
        // our own members have no leading underscore, so any such access is somebody else's
        const access = /(?:\.|\[['"])(_[a-zA-Z]\w*)/g;
        for (const { name, text } of [...core, ...others.flatMap(({ files }) => files), ...fork]) {
            const code = name.endsWith('.js') ? withoutComments(text) : text;
            for (const field of privateFields) expect(code, `${name} names ${field}`).not.toMatch(new RegExp(`\\b${field}\\b`));
            const accessed = [...code.matchAll(access)]
                .map(match => match[1])
                .filter(field => !notOfTheBase.includes(field ?? '') && !field?.startsWith('__'));
            expect(accessed, name).toEqual([]);
        }
    });
});

interface BuiltFile {
    /** Path below `dist/esm` or `dist/cjs`. */
    name: string;
    folder: string;
    text: string;
}

function builtFiles(dist: string): BuiltFile[] {
    return readdirSync(dist, { recursive: true, encoding: 'utf8' })
        .filter(name => /\.(js|d\.ts)$/.test(name))
        .map(name => ({
            name,
            folder: name.includes('/') ? (name.split('/')[0] ?? '') : '',
            text: readFileSync(join(dist, name), 'utf8')
        }));
}

function withoutComments(text: string): string {
    return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
