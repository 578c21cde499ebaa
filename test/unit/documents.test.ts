import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = readdirSync(join(root, 'docs')).filter(name => name.endsWith('.md'));

/** The text of a document, without code in fences: what is in there is no link and no heading. */
function textOf(path: string): string {
    return readFileSync(join(root, path), 'utf8').replace(/```[^]*?```/g, '');
}

function linksOf(path: string): string[] {
    return [...textOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!).filter(link => !/^\w+:/.test(link));
}

/** How headings are addressed on GitHub. */
function anchorsOf(path: string): string[] {
    return [...textOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
        heading!
            .toLowerCase()
            .replace(/[^\p{L}\p{N}\s_-]/gu, '')
            .trim()
            .replaceAll(/\s/g, '-')
    );
}

describe('the documents', () => {
    it('are all in the index', () => {
        const listed = linksOf('docs/README.md').map(link => link.split('#')[0]);
        expect(pages.filter(page => page !== 'README.md' && !listed.includes(page))).toEqual([]);
    });

    it.each(pages)('%s links to files and headings that are there', page => {
        const broken = linksOf(`docs/${page}`).filter(link => {
            const [path = '', anchor] = link.split('#');
            const target = path === '' ? `docs/${page}` : posix.join('docs', path);
            if (!existsSync(join(root, target))) return true;
            return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor);
        });
        expect(broken).toEqual([]);
    });

    it('on operations name metrics and attributes that there are', () => {
        const names = [...textOf('docs/telemetry.md').matchAll(/`([a-z_]+(?:\.[a-z_]+)+)`/g)].map(([, name]) => name!.replaceAll('.', '_'));
        const used = [...textOf('docs/operations.md').matchAll(/\bmcp_(?:server|sessions_[a-z])[a-z_]+/g)].map(([name]) => name);
        expect(used.length).toBeGreaterThan(8);
        const unknown = used.filter(name => !names.includes(name.replace(/(_seconds)?(_count|_bucket|_total)?$/, '')));
        expect(unknown).toEqual(['mcp_sessions_mail']); // a table
    });
});
