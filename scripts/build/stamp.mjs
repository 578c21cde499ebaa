import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A hash over the names and contents of files, and of all files under folders. Hidden files do not count. */
export function hashOf(root, paths) {
    const hash = createHash('sha256');
    for (const file of paths.flatMap(path => filesUnder(root, path)).sort()) {
        hash.update(`${file}\0`)
            .update(readFileSync(join(root, file)))
            .update('\0');
    }
    return hash.digest('hex');
}

/** Whether the last build was made from these inputs and its outputs are still there. */
export function isFresh(stampFile, hash, outputs) {
    return outputs.every(existsSync) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash;
}

export function writeStamp(stampFile, hash) {
    mkdirSync(dirname(stampFile), { recursive: true });
    writeFileSync(stampFile, hash);
}

function filesUnder(root, path) {
    const full = join(root, path);
    if (!existsSync(full)) return [];
    if (!statSync(full).isDirectory()) return [path];
    return readdirSync(full)
        .filter(name => !name.startsWith('.'))
        .flatMap(name => filesUnder(root, `${path}/${name}`));
}
