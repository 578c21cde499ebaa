import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { PageMessages } from './picture.js';

const host = '127.0.0.1';
/** Pages that are open at a time. */
const maxPages = 16;
/** What waits for one page at most, in bytes; one that is slower comes again, and begins anew. */
const maxWaiting = 8 * 1024 * 1024;
/** How soon a page comes again when its connection broke, in milliseconds. */
const retryMs = 1000;

const types: Readonly<Record<string, string>> = {
    'index.html': 'text/html; charset=utf-8',
    'monitor.css': 'text/css; charset=utf-8',
    'main.js': 'text/javascript; charset=utf-8',
    'cluster.js': 'text/javascript; charset=utf-8',
    'stage.js': 'text/javascript; charset=utf-8',
    'dots.js': 'text/javascript; charset=utf-8',
    'panel.js': 'text/javascript; charset=utf-8',
    'eventLog.js': 'text/javascript; charset=utf-8',
    'sparkline.js': 'text/javascript; charset=utf-8',
    'colours.js': 'text/javascript; charset=utf-8'
};

/** The page needs nothing but itself, and nobody else needs it. */
const headers = {
    'cache-control': 'no-store',
    'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff'
};

/**
 * Serves the monitor's page on the loopback, and tells it what happens by server-sent events. Only who has its address, which
 * holds a token, gets anything; and only under the name of this machine, so that no page of another site is taken for it.
 */
export class PageServer {
    private readonly token = randomBytes(18).toString('base64url');
    private readonly pages = new Set<ServerResponse>();
    private readonly server: Server;
    private readonly folder = join(dirname(createRequire(import.meta.url).resolve('@mcp-sessions/cli/package.json')), 'page');

    private constructor(private readonly picture: () => PageMessages['picture']) {
        this.server = createServer((req, res) => {
            this.answer(req, res).catch(() => res.destroy());
        });
    }

    /** @param port 0 for one that is free. Rejects when it is taken. */
    static async start(port: number, picture: () => PageMessages['picture']): Promise<PageServer> {
        const server = new PageServer(picture);
        await new Promise<void>((resolve, reject) => {
            server.server.once('error', reject);
            server.server.listen(port, host, resolve);
        });
        return server;
    }

    get url(): string {
        return `http://${host}:${this.port}/${this.token}/`;
    }

    send<M extends keyof PageMessages>(name: M, message: PageMessages[M]): void {
        if (this.pages.size === 0) {
            return;
        }
        const text = frame(name, message);
        for (const page of this.pages) {
            if (page.writableLength > maxWaiting) {
                page.destroy();
            } else {
                page.write(text);
            }
        }
    }

    /** Cuts all pages off; they come again. */
    disconnect(): void {
        this.pages.forEach(page => page.destroy());
    }

    /** Ends it at once. */
    close(): void {
        this.server.close();
        this.server.closeAllConnections();
    }

    private get port(): number {
        return (this.server.address() as AddressInfo).port;
    }

    private async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
        const [, token = '', file = '', ...more] = (req.url ?? '').split('?', 1)[0]?.split('/') ?? [];
        if (!this.isOwnHost(req) || isForeign(req)) {
            return refuse(res, 403);
        }
        if (!isSame(token, this.token) || more.length > 0) {
            return refuse(res, 404);
        }
        if (req.method !== 'GET' && req.method !== 'HEAD') {
            return refuse(res, 405);
        }
        if (file === 'live') {
            return this.open(res);
        }
        const name = file === '' ? 'index.html' : file;
        const type = types[name];
        if (type === undefined) {
            return refuse(res, 404);
        }
        const body = await readFile(join(this.folder, name));
        res.writeHead(200, { ...headers, 'content-type': type, 'content-length': body.length }).end(
            req.method === 'HEAD' ? undefined : body
        );
    }

    /** A name that an attacker had resolved to this machine is not one of these. */
    private isOwnHost({ headers: { host: name } }: IncomingMessage): boolean {
        return name === `${host}:${this.port}` || name === `localhost:${this.port}`;
    }

    private open(res: ServerResponse): void {
        if (this.pages.size >= maxPages) {
            return refuse(res, 503);
        }
        res.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
        res.write(`retry: ${retryMs}\n\n${frame('picture', this.picture())}`);
        this.pages.add(res);
        res.on('close', () => this.pages.delete(res));
        res.on('error', () => this.pages.delete(res));
    }
}

/** Whether the page of another site asks. Browsers say so. */
function isForeign(req: IncomingMessage): boolean {
    const site = req.headers['sec-fetch-site'];
    const isVisit = req.headers['sec-fetch-mode'] === 'navigate';
    return site !== undefined && site !== 'same-origin' && site !== 'none' && !isVisit;
}

/** In a time that does not tell how much of it is right. */
function isSame(given: string, token: string): boolean {
    const [a, b] = [given, token].map(text => createHash('sha256').update(text).digest());
    return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

function refuse(res: ServerResponse, status: number): void {
    res.writeHead(status, { ...headers, 'content-type': 'text/plain' }).end(
        status === 404 ? 'Open the address that the command has printed.\n' : ''
    );
}

function frame(name: string, message: unknown): string {
    return `event: ${name}\ndata: ${JSON.stringify(message)}\n\n`;
}
