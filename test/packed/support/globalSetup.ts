import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { createScratch, workspace } from './scratch.js';
import type { Scratch } from './scratch.js';

declare module 'vitest' {
    interface ProvidedContext {
        scratch: Scratch;
    }
}

/** Builds what is out of date, and makes the scratch projects once for all test files of this folder. */
export default async function setup(project: TestProject) {
    execFileSync(process.execPath, [join(workspace, 'scripts/build.mjs'), '--if-stale'], { stdio: 'inherit' });
    const scratch = await createScratch();
    project.provide('scratch', scratch);
    return () => rm(scratch.root, { recursive: true, force: true });
}
