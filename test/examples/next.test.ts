import { beforeAll, describe } from 'vitest';
import { openExample } from './support/example.js';
import { servesOnTwoNodes } from './support/framework.js';

const example = openExample('next');

describe('Next.js', () => {
    beforeAll(() => example.run('build', { env: { NEXT_TELEMETRY_DISABLED: '1' }, patienceMs: 120_000 }).then(() => undefined));
    servesOnTwoNodes(example);
});
