import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import { arrows } from './scripts/check/arrows.mjs';

// Of the core only nodeX.ts files of the transport and of the handler may know node:http.
const noPackage = { regex: '^(?!\\.|node:)', message: 'The core imports no driver, no SDK and no other package.' };
const noHttp = { regex: '^node:(http|http2|https|net|tls)$', message: 'HTTP belongs to the Node shells.' };

const restrict = (files, patterns, ignores = []) => ({
    files,
    ignores,
    rules: { 'no-restricted-imports': ['error', { patterns }] }
});

// Where those are.
const shells = {
    transport: ['src/transport/node*.ts'],
    handler: ['src/handler/node*.ts', 'src/handler/createSessionHandler.ts']
};

const arrowRules = Object.entries(arrows).flatMap(([folder, allowed]) => {
    const outside = {
        regex: `^\\.\\./(?!${allowed.map(name => `${name}/`).join('|') || '$'})(?:[^/]+/|\\.\\.)`,
        message: `src/${folder} may import from ${allowed.join(', ') || 'no other folder'} only.`
    };
    const shell = shells[folder] ?? [];
    return [
        restrict([`src/${folder}/**/*.ts`], [noPackage, noHttp, outside], shell),
        ...shell.map(files => restrict([files], [noPackage, outside]))
    ];
});

// What the sources of each package may import: other packages of the workspace, and others. Of `drivers` only types, since a
// driver is the caller's, or `import()` where none was given.
const adapters = {
    'packages/redis': { own: ['core'], drivers: ['ioredis', 'redis'] },
    'packages/postgres': { own: ['core'], drivers: ['pg'] },
    'packages/upstash': { own: ['core', 'redis'], drivers: ['@upstash/redis', '@vercel/kv'] },
    'packages/backends': {
        own: ['core', 'redis', 'postgres', 'upstash'],
        drivers: ['ioredis', 'redis', 'pg', '@upstash/redis', '@vercel/kv']
    },
    'packages/opentelemetry': { own: ['core'], drivers: ['@opentelemetry/api'] },
    'packages/testkit': { own: ['core'], packages: ['fast-check'] },
    'packages/cli': {
        own: ['core', 'redis', 'postgres', 'upstash', 'backends'],
        packages: ['commander', 'picocolors', 'ioredis', 'pg', '@upstash/redis']
    }
};

const adapterRules = (folder, { own, drivers = [], packages = [] }) => {
    const names = [...own.map(name => `@mcp-sessions/${name}`), ...packages, ...drivers];
    return [
        restrict(
            [`${folder}/src/**/*.ts`],
            [{ regex: `^(?!\\.|node:|(?:${names.join('|')})$)`, message: `${folder} may import ${names.join(', ')} only.` }]
        ),
        {
            files: [`${folder}/src/**/*.ts`],
            rules: {
                '@typescript-eslint/no-restricted-imports': [
                    'error',
                    {
                        paths: drivers.map(name => ({
                            name,
                            message: 'Only its types: the driver is the caller’s.',
                            allowTypeImports: true
                        }))
                    }
                ]
            }
        }
    ];
};

export default tseslint.config(
    { ignores: ['**/dist/', '**/node_modules/', '**/.cache/', '**/coverage/', 'test/packed/fixtures/**/*.{ts,cts}', '**/*.d.mts'] },
    js.configs.recommended,
    {
        files: ['**/*.{js,mjs,cjs}'],
        languageOptions: {
            globals: Object.fromEntries(
                [
                    'AbortController',
                    'AbortSignal',
                    'Buffer',
                    'Headers',
                    'Request',
                    'Response',
                    'TextDecoder',
                    'TextEncoder',
                    'URL',
                    'URLSearchParams',
                    'clearInterval',
                    'clearTimeout',
                    'console',
                    'fetch',
                    'performance',
                    'process',
                    'queueMicrotask',
                    'setImmediate',
                    'setInterval',
                    'setTimeout',
                    'structuredClone'
                ].map(name => [name, 'readonly'])
            )
        }
    },
    {
        files: ['**/*.ts'],
        extends: [tseslint.configs.recommendedTypeChecked],
        languageOptions: {
            parserOptions: { projectService: { allowDefaultProject: ['vitest.config.ts'] }, tsconfigRootDir: import.meta.dirname }
        },
        rules: {
            '@typescript-eslint/no-explicit-any': 'error',
            '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
            '@typescript-eslint/no-non-null-assertion': 'error',
            '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
            '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
            // a store with nothing to wait for still returns promises
            '@typescript-eslint/require-await': 'off',
            // settings that are handed around hold functions, declared in method style
            '@typescript-eslint/unbound-method': 'off'
        }
    },
    // Projects of their own, whose packages are not installed here: their types are checked where the tests install them.
    {
        files: ['examples/**/*.{ts,tsx}'],
        ignores: ['examples/{fences,history,migrating,telemetry}/**'],
        extends: [tseslint.configs.disableTypeChecked]
    },
    { rules: { 'no-empty': ['error', { allowEmptyCatch: false }], eqeqeq: 'error' } },
    { files: ['src/**/*.ts', 'packages/*/src/**/*.ts'], rules: { 'no-console': 'error' } },
    // where a value that is missing is a failed test, an assertion says so shortly
    { files: ['test/**/*.ts', 'demo/**/*.ts', 'bench/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
    restrict(['src/*.ts'], [noPackage, noHttp]),
    ...arrowRules,
    ...Object.entries(adapters).flatMap(([folder, adapter]) => adapterRules(folder, adapter)),
    prettier
);
