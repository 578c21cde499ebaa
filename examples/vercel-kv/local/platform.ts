// A small platform, as harsh as can be: a new process for every request, killed when its answer has ended or at the time limit.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';

interface Config {
    functions: Record<string, { maxDuration: number }>;
    rewrites: { source: string; destination: string }[];
}

interface Instance {
    child: ChildProcess;
    /** Undefined for one that did not start. */
    port: Promise<number | undefined>;
}

const { functions, rewrites } = JSON.parse(readFileSync('vercel.json', 'utf8')) as Config;
const limitMs = 1000 * Number(process.env.MAX_DURATION ?? functions['api/*.ts']?.maxDuration);
/** One that has started and waits for its request, by function: to start takes longer than all the rest. */
const spares = new Map<string, Instance>();

// As platforms do: a bundle starts in a fraction of the time.
const built = 'node_modules/.functions';
await build({
    entryPoints: ['local/instance.ts', ...rewrites.map(({ destination }) => `${destination.slice(1)}.ts`)],
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    outbase: '.',
    outdir: built,
    // For what is CommonJS among the dependencies.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" }
});

function start(name: string): Instance {
    const child = fork(`${built}/local/instance.js`, [name], { execArgv: [] });
    const ended = once(child, 'exit').then(() => undefined);
    return { child, port: Promise.race([once(child, 'message').then(([port]) => Number(port)), ended]) };
}

function take(name: string): Instance {
    const instance = spares.get(name) ?? start(name);
    spares.set(name, start(name));
    return instance;
}

async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const name = rewrites.find(({ source }) => source === req.url)?.destination;
    if (name === undefined) return void res.writeHead(404).end();
    const { child, port: started } = take(name);
    const port = await started;
    if (port === undefined) return void res.writeHead(500).end();

    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.once('exit', () => clearTimeout(timer));
    child.once('message', () => child.kill('SIGKILL')); // it is done

    const { method, url: path, headers } = req;
    const upstream = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, answer => {
        res.writeHead(answer.statusCode ?? 500, { ...answer.headers, 'x-function': String(child.pid) }).flushHeaders();
        // A client that goes away does not end the function.
        answer.on('data', chunk => void (res.destroyed || res.write(chunk)));
        answer.once('end', () => res.end()).once('error', () => res.destroy());
    });
    upstream.once('error', () => (res.headersSent ? res.destroy() : res.writeHead(504).end()));
    req.pipe(upstream);
}

const server = createServer((req, res) => void serve(req, res));
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    console.log(`http://127.0.0.1:${port}/mcp, ${limitMs / 1000} seconds for each function`);
});
// Functions end when this process does.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit());
