import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** Documents outside of those folders. */
const others = ['README.md', 'SPEC.md', 'CONTRIBUTING.md', 'SECURITY.md', 'bench/README.md'];
/** Folders whose documents and pictures are all on the site. */
const folders = ['docs', 'bench/results'];

const link = /(!?)\[((?:[^\]\\[]|\\.|\[[^\]]*\])*)\]\(([^)\s]+)\)/g;

/**
 * Puts the documents of the repository into a folder, at the same places; a README.md becomes the index of its folder.
 * What links to files that are not on the site leads to the repository, or is plain text while it has no address.
 *
 * @returns the addresses of the pages on the site.
 */
export function collectPages(root, target) {
    const files = [...others, ...folders.flatMap(folder => readdirSync(join(root, folder)).map(name => `${folder}/${name}`))];
    const documents = new Set(files.filter(file => file.endsWith('.md')));
    const pictures = files.filter(file => /\.(png|svg)$/.test(file));
    for (const file of [...documents, ...pictures]) {
        const copy = join(target, placeOf(file));
        mkdirSync(dirname(copy), { recursive: true });
        if (pictures.includes(file)) {
            copyFileSync(join(root, file), copy);
        } else {
            writeFileSync(copy, withLinks(readFileSync(join(root, file), 'utf8'), file, { root, documents, pictures }));
        }
    }
    return [...documents].map(file => `/${placeOf(file).replace(/(index)?\.md$/, '')}`);
}

function placeOf(file) {
    return file.replace(/(^|\/)README\.md$/, '$1index.md');
}

function withLinks(text, file, { root, documents, pictures }) {
    const rewritten = (_whole, picture, inner, address) => {
        // A picture may be what is linked.
        const words = inner.replace(link, rewritten);
        if (/^(\w+:|#|\/)/.test(address)) {
            return `${picture}[${words}](${address})`;
        }
        const [path, hash] = address.split(/(?=#)/);
        const named = normalize(join(dirname(file), path)).replace(/\/$/, '');
        if (!existsSync(join(root, named))) {
            throw new Error(`${file} links to ${address}, which is not there`);
        }
        if (documents.has(named) || pictures.includes(named)) {
            const place = relative(dirname(placeOf(file)), placeOf(named));
            return `${picture}[${words}](${place.startsWith('.') ? place : `./${place}`}${hash ?? ''})`;
        }
        const repository = addressOfRepository(root);
        return repository
            ? `[${words}](${repository}/${statSync(join(root, named)).isDirectory() ? 'tree' : 'blob'}/main/${named})`
            : words;
    };
    // Code in fences is left as it is.
    return text
        .split(/(```[^]*?```)/)
        .map((part, index) => (index % 2 === 1 ? part : part.replace(link, rewritten)))
        .join('');
}

function addressOfRepository(root) {
    const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const url = typeof repository === 'string' ? repository : repository?.url;
    return url?.replace(/^git\+/, '').replace(/\.git$/, '');
}
