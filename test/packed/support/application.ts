import { fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';

/** A request, as the transport of the SDK that the application uses has taken it. */
export interface Taken {
    transport: string;
    /** The file of the transport's class. */
    from: string;
    mode: string | undefined;
}

export interface Application {
    url: URL;
    taken: Taken[];
    stop(): Promise<void>;
}

/**
 * Starts an application as it is, with a preloaded probe that moves it to a free port of 127.0.0.1 and watches its transport.
 *
 * @param probeFrom the file whose imports of the official name are followed: the framework's, if it makes the transport
 */
export async function startApplication(script: string, folder: string, probeFrom = script, args: string[] = []): Promise<Application> {
    const child = fork(script, args, {
        cwd: dirname(script),
        execArgv: ['--no-warnings', '--experimental-import-meta-resolve', '--import', join(folder, 'probe.mjs')],
        env: { ...process.env, PROBE_FROM: probeFrom },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc']
    });
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
    const ended = once(child, 'exit');
    const taken: Taken[] = [];
    const port = await new Promise<number>((resolve, reject) => {
        child.on('message', message => {
            if ('port' in (message as object)) resolve((message as { port: number }).port);
            else taken.push(message as Taken);
        });
        void ended.then(([code]) => reject(new Error(`${script} ended with ${code}:\n${errors}`)));
    });
    return {
        url: new URL(`http://127.0.0.1:${port}/mcp`),
        taken,
        async stop() {
            child.kill('SIGKILL');
            await ended;
        }
    };
}
