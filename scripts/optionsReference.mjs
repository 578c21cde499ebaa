// Writes docs/options.md: every option that users set, with the type, default and description that stand at its declaration.
// With --check it writes nothing and fails when the page is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';

const root = fileURLToPath(new URL('../', import.meta.url));
const target = `${root}docs/options.md`;

/** What stands on the page, in this order; `without` are the types whose options stand under another heading. */
const sections = [
    {
        title: 'The handler',
        intro: 'Of `createSessionHandler(factory, options)`. It takes those of the transports, too, which are under the next heading.',
        type: ['packages/sdk/src/server/sessionHandler.ts', 'SessionHandlerOptions'],
        without: [['packages/sdk/src/server/webStandardStreamableHttp.ts', 'WebStandardStreamableHTTPServerTransportOptions']]
    },
    {
        title: 'Transports',
        intro: 'Of `StreamableHTTPServerTransport` and `WebStandardStreamableHTTPServerTransport`.',
        type: ['packages/sdk/src/server/webStandardStreamableHttp.ts', 'WebStandardStreamableHTTPServerTransportOptions']
    },
    { title: 'Redis', intro: 'Of `createRedisBackend`.', type: ['packages/redis/src/backend.ts', 'RedisBackendOptions'] },
    { title: 'Postgres', intro: 'Of `createPostgresBackend`.', type: ['packages/postgres/src/backend.ts', 'PostgresBackendOptions'] },
    {
        title: 'Upstash, Vercel KV',
        intro: 'Of `createUpstashBackend`.',
        type: ['packages/upstash/src/backend.ts', 'UpstashBackendOptions']
    },
    { title: 'Memory', intro: 'Of `createMemoryBackend`.', type: ['src/memory/backend.ts', 'MemoryBackendOptions'] },
    {
        title: 'Whatever the environment names',
        intro: 'Of `createSessionBackend`.',
        type: ['packages/backends/src/options.ts', 'SessionBackendOptions']
    },
    {
        title: 'A store by itself',
        intro: 'Of `createSessionStore`.',
        type: ['packages/backends/src/sessionStore.ts', 'SessionStoreOptions']
    },
    { title: 'Encryption', intro: 'Of `encryptBackend(backend, options)`.', type: ['src/atRest/sealer.ts', 'EncryptionOptions'] },
    {
        title: 'History',
        intro: 'The option `history` of the handler and of transports.',
        type: ['src/history/options.ts', 'HistoryOptions']
    },
    { title: 'Shutting down', intro: 'Of `shutdownOnSignals(handler, options)`.', type: ['src/handler/nodeShutdown.ts', 'ShutdownOptions'] }
];

const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const files = sections.flatMap(({ type, without = [] }) => [type, ...without]).map(([file]) => root + file);
const program = ts.createProgram(files, options);
const checker = program.getTypeChecker();

const text = [
    '# Options',
    '',
    '<!-- Made by scripts/optionsReference.mjs from the docstrings. Do not edit: change those, and run `npm run options`. -->',
    '',
    'Every option, as its declaration says it. Times whose name ends in `Ms` are milliseconds, those in `Seconds` are seconds, sizes are bytes.',
    '',
    ...sections.flatMap(section => [`## ${section.title}`, '', section.intro, '', ...entriesOf(section), ''])
].join('\n');
const page = await format(text, { ...(await resolveConfig(target)), parser: 'markdown' });

if (!process.argv.includes('--check')) {
    writeFileSync(target, page);
} else if (page !== readFileSync(target, 'utf8')) {
    console.error('docs/options.md is out of date; run `npm run options`');
    process.exitCode = 1;
}

function entriesOf({ type, without = [] }) {
    const elsewhere = new Set(without.flatMap(other => propertiesOf(other).map(({ name }) => name)));
    return propertiesOf(type)
        .filter(({ name }) => !elsewhere.has(name))
        .map(entryOf);
}

function propertiesOf([file, name]) {
    const source = program.getSourceFile(root + file);
    const symbol = checker.getExportsOfModule(checker.getSymbolAtLocation(source)).find(exported => exported.name === name);
    if (!symbol) throw new Error(`${file} exports no ${name}`);
    return checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
}

function entryOf(property) {
    const declaration = property.declarations.find(node => ts.isPropertySignature(node) || ts.isMethodSignature(node));
    const tags = property.getJsDocTags(checker).filter(({ name }) => name === 'default');
    const description = oneLine(ts.displayPartsToString(property.getDocumentationComment(checker)));
    if (description === '') throw new Error(`${property.name} has no docstring`);
    const value = tags.map(({ text }) => oneLine(ts.displayPartsToString(text))).join('');
    const isOptional = Boolean(property.flags & ts.SymbolFlags.Optional);
    const facts = [`\`${typeOf(declaration)}\``, ...(value ? [`default ${value}`] : []), ...(isOptional ? [] : ['**required**'])];
    return `- **\`${property.name}\`** (${facts.join('; ')}): ${description}`;
}

/** As it is written, in one line; that an option may be undefined says only that it may be left out. */
function typeOf(declaration) {
    const source = ts.isMethodSignature(declaration)
        ? declaration.getText().replace(/^\w+\??/, '')
        : (declaration.type?.getText() ?? 'unknown');
    return oneLine(source)
        .replace(/ \| undefined$/, '')
        .replace(/^\(((?:[^()]|\([^()]*\))*)\)$/, '$1');
}

function oneLine(words) {
    return words
        .replace(/\{@link ([\w.]+)\}/g, '`$1`')
        .replace(/\s+/g, ' ')
        .trim();
}
