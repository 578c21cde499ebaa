import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Runs a script to its end and returns what it prints, which must be JSON. */
export async function runScript<T>(script: string, input?: unknown): Promise<T> {
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.end(input === undefined ? '' : JSON.stringify(input));
    const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (code !== 0) throw new Error(`${script} ended with ${code}:\n${errors}`);
    return JSON.parse(output) as T;
}
