import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Starts a process that cannot outlive this one: a shell waits on a pipe from us, and when the pipe breaks, however we
 * ended, it kills the process and removes its folder.
 */
export function startChild(command, args, { spawnOptions = {}, orphanSignal = 'KILL', folder = '' } = {}) {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], ...spawnOptions });
    let output = '';
    const keep = chunk => {
        output = (output + chunk).slice(-4000);
    };
    child.stderr?.setEncoding('utf8').on('data', keep);
    const exited = new Promise(resolve => {
        child.once('error', error => {
            keep(error.message);
            resolve({ code: null, signal: null });
        });
        child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    const started = {
        child,
        pid: child.pid,
        exited,
        isRunning: () => child.pid !== undefined && child.exitCode === null && child.signalCode === null,
        output: () => output,
        kill: signal => child.kill(signal)
    };
    if (child.pid !== undefined) guard(child, orphanSignal, folder);
    return started;
}

function guard(child, signal, folder) {
    const script = 'read -r line; kill -"$2" "$1" 2>/dev/null; if [ -n "$3" ]; then sleep 1; rm -rf "$3"; fi';
    const args = ['-c', script, 'guard', String(child.pid), signal, folder];
    const shell = spawn('sh', args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    // A broken pipe means that the guard has gone; there is nothing left for it to do.
    shell.stdin.on('error', () => shell.unref());
    shell.unref();
    shell.stdin.unref?.();
    child.once('exit', () => shell.kill('SIGKILL'));
}

/** Sends a signal and waits for the end; after `patienceMs` the process is killed outright. */
export async function endChild(started, signal = 'SIGTERM', patienceMs = 5_000) {
    if (!started.isRunning()) return;
    started.kill(signal);
    const timer = setTimeout(() => started.kill('SIGKILL'), patienceMs);
    await started.exited;
    clearTimeout(timer);
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    return port;
}

/** Whether somebody accepts connections there. */
export function accepts(host, port, patienceMs = 2_000) {
    return new Promise(resolve => {
        const socket = connect({ host, port });
        const done = answer => {
            socket.destroy();
            resolve(answer);
        };
        socket.setTimeout(patienceMs, () => done(false));
        socket.once('connect', () => done(true));
        socket.once('error', () => done(false));
    });
}

/** Asks again and again until the answer is true, the process has ended, or the time is up. */
export async function untilReady(isReady, started, patienceMs = 30_000) {
    const end = Date.now() + patienceMs;
    while (Date.now() < end && started.isRunning()) {
        if (await isReady()) return true;
        await Promise.race([started.exited, new Promise(resolve => setTimeout(resolve, 15))]);
    }
    return false;
}
