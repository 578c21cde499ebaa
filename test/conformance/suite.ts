import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CLI = fileURLToPath(new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));
const GLOB_SYNC = new URL('./globSync.mjs', import.meta.url).href;
const REVISION = ['--spec-version', '2025-11-25'];
const PATIENCE_MS = 120_000;

/** One thing that the suite looked at, as it writes it to a file. */
export interface Check {
    id: string;
    status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
    description: string;
    errorMessage?: string;
}

export interface ScenarioResult {
    scenario: string;
    checks: Check[];
}

interface Ended {
    stdout: string;
    stderr: string;
}

async function runCli(...args: string[]): Promise<Ended> {
    try {
        return await promisify(execFile)(process.execPath, ['--import', GLOB_SYNC, CLI, ...args], {
            timeout: PATIENCE_MS,
            killSignal: 'SIGKILL',
            maxBuffer: 2 ** 26
        });
    } catch (error) {
        // It ends with 1 when a check failed, which its files tell in detail.
        const ended = error as Ended & { code?: unknown };
        if (ended.code === 1) return ended;
        throw error;
    }
}

/** Every scenario for servers that applies to the revision 2025-11-25, those that are not scored included. */
export async function scenarios(): Promise<string[]> {
    const { stdout } = await runCli('list', '--server', ...REVISION);
    return [...stdout.matchAll(/^ +- (\S+)/gm)].map(([, name = '']) => name);
}

/** Runs every scenario against a server. One that broke off, so that it left no checks, is missing in what it returns. */
export async function runSuite(url: string): Promise<ScenarioResult[]> {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-conformance-'));
    try {
        const { stdout, stderr } = await runCli('server', '--url', url, '--suite', 'all', ...REVISION, '--output-dir', folder);
        const results = await Promise.all((await readdir(folder)).sort().map(name => readResult(folder, name)));
        if (results.length === 0) throw new Error(`The conformance suite did not run:\n${stdout}${stderr}`);
        return results;
    } finally {
        await rm(folder, { recursive: true });
    }
}

/** A folder is named `server-<scenario>-<time>`. */
async function readResult(folder: string, name: string): Promise<ScenarioResult> {
    const checks = JSON.parse(await readFile(join(folder, name, 'checks.json'), 'utf8')) as Check[];
    return { scenario: name.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, ''), checks };
}
