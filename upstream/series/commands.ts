import type { Applied } from './applyChanges.js';

/** The clone's own commands, to be run in it next. */
export function commandsOf({ branch, applied }: Applied): string {
    const tests = applied.flatMap(each => each.tests);
    return ['Next, in the clone:', '', ...(branch === 'main' ? ofMain(tests) : ofOne(tests)).map(line => `    ${line}`)].join('\n');
}

const ofOne = (tests: readonly string[]): string[] => [
    'npm ci',
    'npx prettier --check .',
    'npm run typecheck',
    'npm run lint',
    `npx vitest run ${tests.join(' ')}`,
    'npm test'
];

function ofMain(tests: readonly string[]): string[] {
    const folders = [...new Set(tests.map(path => path.slice(0, path.indexOf('/test/'))))];
    return [
        'pnpm install',
        'pnpm typecheck:all',
        'pnpm lint:all',
        ...folders.map(folder => {
            const own = tests.filter(path => path.startsWith(`${folder}/`)).map(path => path.slice(folder.length + 1));
            return `pnpm --filter ./${folder} exec vitest run ${own.join(' ')}`;
        }),
        'pnpm build:all',
        'pnpm test:all'
    ];
}
