import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { dirname } from 'node:path';

const LOOK_MS = 200;

/**
 * Does the work while no other process of this machine does work under the same file. One that ended without giving the
 * lock back, as after a kill, holds it no more.
 *
 * @template T
 * @param {string} file
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function locked(file, work) {
    mkdirSync(dirname(file), { recursive: true });
    while (!take(file)) await delay(LOOK_MS);
    try {
        return await work();
    } finally {
        rmSync(file, { force: true });
    }
}

function take(file) {
    try {
        writeFileSync(file, String(process.pid), { flag: 'wx' });
        return true;
    } catch (error) {
        if (error.code !== 'EEXIST') throw error;
    }
    const holder = holderOf(file);
    if (holder !== undefined && !isAlive(holder)) rmSync(file, { force: true });
    return false;
}

/** Undefined while the holder is about to write its name, or has just given the lock back. */
function holderOf(file) {
    try {
        return Number(readFileSync(file, 'utf8')) || undefined;
    } catch {
        return undefined;
    }
}

function isAlive(pid) {
    try {
        return process.kill(pid, 0);
    } catch (error) {
        return error.code === 'EPERM';
    }
}
