import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { workspace } from './support/scratch.js';
import { typecheck } from './support/typecheck.js';

const scratch = inject('scratch');

describe('types of the packed fork, strict and with exactOptionalPropertyTypes', () => {
    it('the control: the ordinary application type-checks with the official package', () => {
        const folder = join(scratch.root, 'official');
        mkdirSync(folder);
        cpSync(join(workspace, 'test/packed/fixtures/consumer.ts'), join(folder, 'consumer.ts'));
        writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
        symlinkSync(join(workspace, 'node_modules'), join(folder, 'node_modules'));
        expect(typecheck(folder, ['consumer.ts'], 'node16')).toBe('');
    });

    for (const resolution of ['node16', 'bundler'] as const) {
        it(`D1, D3: by alias, moduleResolution ${resolution}`, () => {
            expect(typecheck(scratch.alias, ['consumer.ts', 'sessions.ts'], resolution)).toBe('');
        });

        it(`D1, D3: by overrides, moduleResolution ${resolution}`, () => {
            expect(typecheck(scratch.overrides, ['consumer.ts', 'sessions.ts'], resolution)).toBe('');
        });

        it(`D1: under its own name, moduleResolution ${resolution}`, () => {
            expect(typecheck(underOwnName(), ['consumer.ts', 'sessions.ts'], resolution)).toBe('');
        });
    }

    it('D1: from CommonJS', () => {
        expect(typecheck(scratch.alias, ['required.cts'], 'nodenext')).toBe('');
        expect(typecheck(underOwnName(), ['required.cts'], 'nodenext')).toBe('');
    });
});

/** The project in which the fork has its own name, with the sources changed accordingly. */
function underOwnName(): string {
    for (const file of readdirSync(scratch.ownName).filter(name => /\.c?ts$/.test(name))) {
        const path = join(scratch.ownName, file);
        writeFileSync(path, readFileSync(path, 'utf8').replaceAll('@modelcontextprotocol/sdk', '@mcp-sessions/sdk'));
    }
    return scratch.ownName;
}
