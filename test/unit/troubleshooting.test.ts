import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { replies, type Reply } from '../../src/transport/replies.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/troubleshooting.md`, 'utf8');

/** The sources, file by file, with texts that go over several lines put together, and without the escapes of quotes. */
const sources = ['src', ...readdirSync(`${root}packages`).map(name => `packages/${name}/src`)].flatMap(folder =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.ts'))
        .map(name => readFileSync(`${root}${folder}/${name}`, 'utf8'))
        .map(text => text.replace(/['"`] \+\s+['"`]/g, '').replace(/\\(['"`])/g, '$1'))
);

/** A message as the page has it: `…` stands for anything. */
interface Quoted {
    text: string;
    /** Status and code, for an HTTP answer. */
    answer: string | undefined;
}

/** What the page explains: the code spans that begin a list item. */
const quoted: Quoted[] = [...page.matchAll(/^ *- `([^`]+)`(?: \((\d{3}, -\d+)\))?/gm)].map(([, text, answer]) => ({ text: text!, answer }));

function pattern(text: string): RegExp {
    const parts = text.split('…').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('[^]*')}$`);
}

/** A file that has all parts of a message, one after the other. */
function isInSources(text: string): boolean {
    const parts = text.split('…').filter(part => part.trim().length > 1);
    return sources.some(source => {
        let from = 0;
        return parts.every(part => {
            const at = source.indexOf(part.trim(), from);
            from = at + part.length;
            return at >= 0;
        });
    });
}

/** Every HTTP answer that has a text: with `x` where a value stands in it. */
const answers = Object.entries(replies).flatMap(([name, made]) => {
    const reply: Reply = typeof made === 'function' ? (made as (...values: unknown[]) => Reply)('x', ['x']) : made;
    if (reply.body === null) return [];
    const { error } = JSON.parse(reply.body) as { error: { code: number; message: string } };
    return [{ name, message: error.message, answer: `${reply.status}, ${error.code}` }];
});

describe('docs/troubleshooting.md', () => {
    it('quotes messages, and answers', () => {
        expect(quoted.length).toBeGreaterThan(80);
        expect(answers.length).toBeGreaterThan(25);
    });

    it.each(quoted)('quotes what the sources say: $text', ({ text }) => {
        expect(isInSources(text)).toBe(true);
    });

    it.each(answers)('has the HTTP answer $name, with its status and code', ({ message, answer }) => {
        const found = quoted.filter(({ text }) => pattern(text).test(message));
        expect(found.map(({ answer }) => answer)).toEqual([answer]);
    });

    it('has every code of SessionError', () => {
        const codes = [...readFileSync(`${root}src/errors.ts`, 'utf8').matchAll(/^ {4}\| '([A-Z_]+)'/gm)].map(([, code]) => code);
        expect(codes.length).toBeGreaterThan(10);
        expect([...page.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code)).toEqual(codes);
    });
});
