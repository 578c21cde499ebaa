import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** Links of a built site that name a heading which their page does not have. */
export function brokenAnchors(folder) {
    const files = readdirSync(folder, { recursive: true }).filter(name => name.endsWith('.html'));
    const pages = new Map(files.map(name => [`/${name}`, readFileSync(join(folder, name), 'utf8')]));
    const ids = new Map([...pages].map(([name, html]) => [name, new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]));
    const broken = [];
    for (const [name, html] of pages) {
        for (const [, path, hash] of html.matchAll(/<a [^>]*href="([^"#:]*)#([^"]+)"/g)) {
            const target = path === '' ? name : fileOf(posix.join(path.startsWith('/') ? '/' : dirname(name), path));
            const found = ids.get(target);
            if (!found?.has(decodeURIComponent(hash))) {
                broken.push(`${name}: ${path}#${hash}`);
            }
        }
    }
    return [...new Set(broken)];
}

function fileOf(path) {
    return path.endsWith('/') ? `${path}index.html` : path.endsWith('.html') ? path : `${path}.html`;
}
