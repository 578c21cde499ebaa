// The texts to post: their form, and that the code in them prints today what they say it does.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { change as a } from '../../upstream/series/a/change.js';
import { change as b } from '../../upstream/series/b/change.js';
import { change as c } from '../../upstream/series/c/change.js';
import { change as d } from '../../upstream/series/d/change.js';

const textOf = (id: string, name: string): string => readFileSync(new URL(`../../upstream/series/${id}/${name}`, import.meta.url), 'utf8');

const fenceOf = (text: string, language: string): string => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(text)?.[1] ?? '';

/** What the code prints with the official package of that name. */
async function printed(code: string, packageName: string): Promise<string> {
    const imported = packageName.endsWith('/sdk')
        ? code
        : code.replace(/from '@modelcontextprotocol\/sdk\/[^']*'/g, `from '${packageName}'`);
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', imported], { timeout: 25_000 });
    return stdout;
}

// Where 2.x prints something else than what the text shows.
const otherwise: Readonly<Record<string, string>> = { b: 'entries after 101 answers: 0\na second after close: not answered\n' };

describe.each([a, b, c, d])('$id: $title', ({ id, title }) => {
    it('has a pull request in the form that the maintainers use', () => {
        const text = textOf(id, 'pull-request.md');

        expect(text.split('\n')[0]).toBe(title);
        expect([...text.matchAll(/^## (.*)$/gm)].map(match => match[1])).toEqual([
            'Motivation and Context',
            'How Has This Been Tested?',
            'Breaking Changes',
            'Types of changes',
            'Checklist',
            'Additional context'
        ]);
        expect(text.split('\n').length).toBeLessThan(70);
    });

    it.each(['@modelcontextprotocol/sdk', '@modelcontextprotocol/server'])('shows code that %s runs as it says', async packageName => {
        const text = textOf(id, 'issue.md');
        const said = packageName.endsWith('/sdk') ? fenceOf(text, 'text') : (otherwise[id] ?? fenceOf(text, 'text'));
        const message = `${packageName} does not do what upstream/series/${id}/issue.md says: bring the text up to date, or retire the change`;

        expect(said).not.toBe('');
        expect(await printed(fenceOf(text, 'js'), packageName), message).toBe(said);
    });
});
