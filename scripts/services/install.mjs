import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const POLICY = '/usr/sbin/policy-rc.d';

/** The program's path, looked for on PATH and then in the folders given. */
export function findProgram(name, folders = []) {
    for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...folders]) {
        const path = join(folder, name);
        try {
            accessSync(path, constants.X_OK);
            return path;
        } catch {
            continue;
        }
    }
    return undefined;
}

/** Installs a Debian package, or throws with what to do by hand. */
export function installPackage(name, { service, envName, say }) {
    if (process.getuid?.() !== 0 || findProgram('apt-get') === undefined) {
        throw new Error(
            `No ${service} found. Name a running one in ${envName}, or install it (Debian, Ubuntu: sudo apt-get install ${name}), and run this again.`
        );
    }
    say(`${service}: none found; installing the Debian package ${name} (apt-get update, apt-get install)`);
    // With this file in place the package does not start a service of its own; we start a private one.
    const ownPolicy = !existsSync(POLICY);
    if (ownPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    try {
        aptGet(['update']);
        aptGet(['install', '-y', '--no-install-recommends', name]);
    } catch (error) {
        throw new Error(`${service} could not be installed. Name a running one in ${envName} instead. ${error.message}`);
    } finally {
        if (ownPolicy) rmSync(POLICY, { force: true });
    }
}

function aptGet(args) {
    const result = spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=300', '-q', ...args], {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024
    });
    if (result.status !== 0) {
        const lines = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim().split('\n');
        throw new Error(`apt-get ${args[0]} failed: ${result.error?.message ?? lines.slice(-5).join('\n')}`);
    }
}
