import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { workspace } from '../../packed/support/scratch.js';
import { exampleNames, installExamples, type InstalledExamples } from './install.js';

declare module 'vitest' {
    interface ProvidedContext {
        examples: InstalledExamples;
    }
}

/** Builds what is out of date, and installs the examples once for all test files; with `EXAMPLES=a,b` in the environment only those. */
export default async function setup(project: TestProject) {
    execFileSync(process.execPath, [join(workspace, 'scripts/build.mjs'), '--if-stale'], { stdio: 'inherit' });
    const wanted = process.env.EXAMPLES?.split(',');
    const installed = await installExamples(exampleNames.filter(name => wanted?.includes(name) ?? true));
    project.provide('examples', installed);
    return () => rm(installed.root, { recursive: true, force: true });
}
