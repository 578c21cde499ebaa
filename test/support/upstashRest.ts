import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { KeyLockingScripts } from './upstashScripts.js';

/**
 * What happens to requests from now on:
 * - `pass`: they are served;
 * - `hang`: they are read, and neither carried out nor answered;
 * - `{ status, body }`: they are not carried out, and answered so. Without a body as the service does, `{ error }`;
 * - `{ cut }`: their connection is broken, before or after they are carried out;
 * - `{ delayMs }`: they are carried out that much later;
 * - `{ served }`: so many are served, and the rest hang.
 *
 * With `times` so many requests, and then they are served again.
 */
export type RestFault =
    | 'pass'
    | 'hang'
    | { readonly status: number; readonly body?: string; readonly times?: number }
    | { readonly cut: 'before' | 'after'; readonly times?: number }
    | { readonly delayMs: number; readonly times?: number }
    | { readonly served: number };

export interface UpstashRestOptions {
    readonly redisUrl: string;
    /** What stands in for a region that lags behind: commands that only read go there, unless the client has a newer sync token. */
    readonly replicaUrl?: string;
    /** Whether scripts may have the flag `allow-key-locking`, which only the service knows. @default true */
    readonly keyLocking?: boolean;
    /** The service's limit for a request. @default 10 MB */
    readonly maxRequestBytes?: number;
}

/** What clients have asked for. */
export interface RestCounts {
    readonly requests: number;
    /** Name and arguments. Each is billed, also within a pipeline. */
    readonly commands: readonly (readonly string[])[];
    readonly requestBytes: number;
    readonly responseBytes: number;
}

export interface UpstashRest {
    readonly url: string;
    readonly token: string;
    /** Since the start, or since the last {@link UpstashRest.take}. */
    readonly counts: RestCounts;
    /** The counts, which then begin anew. */
    take(): RestCounts;
    fault(fault: RestFault): void;
    /** As after a restart of the service: no script is known any more. */
    forgetScripts(): Promise<void>;
    /** Ends all connections. May be called twice. */
    stop(): Promise<void>;
}

interface Answer {
    readonly status: number;
    readonly body: string;
}

type Result = { readonly result: unknown } | { readonly error: string };

const reads = /^(get|mget|scan|exists|ttl|pttl|strlen|hget|hmget|hgetall|xrange|xrevrange|xlen|eval_ro|evalsha_ro)$/i;
const refused = /^(multi|exec|discard|watch|unwatch|subscribe|psubscribe|ssubscribe|monitor|select|quit|reset|blpop|brpop|wait)$/i;

/**
 * Speaks the REST protocol of Upstash Redis in front of a real Redis: commands in the body or in the path, pipelines,
 * transactions, base64, bearer token, sync tokens, and the service's limits.
 */
export async function startUpstashRest(options: UpstashRestOptions): Promise<UpstashRest> {
    const endpoint = new Endpoint(options);
    await endpoint.start();
    return endpoint;
}

class Endpoint implements UpstashRest {
    url = '';
    readonly token = randomUUID();
    counts = newCounts();
    private readonly redis: Redis;
    private readonly replica: Redis | undefined;
    private readonly scripts: KeyLockingScripts | undefined;
    private readonly server = createServer((request, response) => void this.serve(request, response));
    private current: RestFault = 'pass';
    private left = Infinity;
    /** Grows with every write: what a sync token says. */
    private writes = 0;

    constructor(private readonly options: UpstashRestOptions) {
        // An outage of the Redis behind it is to be answered at once.
        const settings = { lazyConnect: true, maxRetriesPerRequest: 0, enableOfflineQueue: false, retryStrategy: () => 50 };
        this.redis = new Redis(options.redisUrl, settings);
        this.replica = options.replicaUrl === undefined ? undefined : new Redis(options.replicaUrl, settings);
        this.scripts = options.keyLocking === false ? undefined : new KeyLockingScripts();
        // While there is no connection it is tried again; requests are told.
        [this.redis, this.replica].forEach(redis => redis?.on('error', () => undefined));
    }

    async start(): Promise<void> {
        await Promise.all([this.redis.connect(), this.replica?.connect()]);
        await new Promise<void>((resolve, reject) => void this.server.once('error', reject).listen(0, '127.0.0.1', resolve));
        this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    take(): RestCounts {
        const { counts } = this;
        this.counts = newCounts();
        return counts;
    }

    fault(fault: RestFault): void {
        this.current = fault;
        this.left = typeof fault === 'string' ? Infinity : 'served' in fault ? fault.served : (fault.times ?? Infinity);
    }

    async forgetScripts(): Promise<void> {
        this.scripts?.forget();
        await this.redis.script('FLUSH');
    }

    async stop(): Promise<void> {
        if (this.server.listening) {
            const closed = new Promise(resolve => this.server.close(resolve));
            this.server.closeAllConnections();
            await closed;
        }
        this.redis.disconnect();
        this.replica?.disconnect();
    }

    private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const chunks: Buffer[] = [];
        try {
            for await (const chunk of request) chunks.push(chunk as Buffer);
        } catch {
            return; // The client is gone.
        }
        const body = Buffer.concat(chunks);
        this.counts.requests++;
        this.counts.requestBytes += body.length;
        const fault = this.nextFault();
        if (fault === 'hang') return;
        if (typeof fault === 'object' && 'cut' in fault && fault.cut === 'before') {
            request.socket.destroy();
            return;
        }
        if (typeof fault === 'object' && 'delayMs' in fault) await new Promise(resolve => setTimeout(resolve, fault.delayMs));
        const answer =
            typeof fault === 'object' && 'status' in fault
                ? { status: fault.status, body: fault.body ?? JSON.stringify({ error: `ERR answered ${fault.status} by the test` }) }
                : await this.answer(request, body.toString());
        if (typeof fault === 'object' && 'cut' in fault) {
            request.socket.destroy();
            return;
        }
        this.counts.responseBytes += Buffer.byteLength(answer.body);
        response.writeHead(answer.status, { 'Content-Type': 'application/json', 'Upstash-Sync-Token': this.syncToken() });
        response.end(answer.body);
    }

    private nextFault(): RestFault {
        if (typeof this.current === 'object' && 'served' in this.current) return this.left-- > 0 ? 'pass' : 'hang';
        if (this.left <= 0) this.fault('pass');
        this.left--;
        return this.current;
    }

    private async answer({ url = '/', method = 'GET', headers }: IncomingMessage, body: string): Promise<Answer> {
        const { pathname, searchParams } = new URL(url, 'http://localhost');
        if (headers.authorization !== `Bearer ${this.token}` && searchParams.get('_token') !== this.token) {
            return { status: 401, body: JSON.stringify({ error: 'WRONGPASS invalid or missing auth token' }) };
        }
        if (!['HEAD', 'GET', 'POST', 'PUT'].includes(method)) return failed('ERR method not allowed', 405);
        const encode = headers['upstash-encoding'] === 'base64' ? toBase64 : toText;
        const knownWrites = Number(headers['upstash-sync-token'] ?? 0);
        const maxBytes = this.options.maxRequestBytes ?? 10_000_000;
        if (Buffer.byteLength(body) > maxBytes) {
            return failed(`ERR max request size exceeded. Limit: ${maxBytes} bytes, Actual: ${Buffer.byteLength(body)} bytes`);
        }
        const run = (command: readonly string[]) => this.run(command, encode, knownWrites);
        const path = pathname.split('/').slice(1).map(decodeURIComponent);
        try {
            if (path[0] === 'pipeline' || path[0] === 'multi-exec') {
                const commands = (JSON.parse(body) as unknown[][]).map(command => command.map(String));
                const results = path[0] === 'pipeline' ? await inTurn(commands, run) : await this.transaction(commands, encode);
                return Array.isArray(results) ? ok(results) : failed(results.error);
            }
            const command = path[0] ? [...path, ...(body === '' ? [] : [body])] : (JSON.parse(body) as unknown[]).map(String);
            const result = await run(command);
            return 'error' in result ? failed(result.error) : ok(result);
        } catch (error) {
            return error instanceof SyntaxError ? failed('ERR failed to parse command') : failed(String(error), 500);
        }
    }

    private async run(command: readonly string[], encode: (value: unknown) => unknown, knownWrites: number): Promise<Result> {
        const [name = ''] = command;
        this.counts.commands.push(command);
        if (refused.test(name)) return { error: `ERR Command is not available: '${name.toUpperCase()}'` };
        const isRead = reads.test(name);
        this.writes += isRead ? 0 : 1;
        const redis = isRead && this.replica && knownWrites < this.writes ? this.replica : this.redis;
        try {
            const [known, ...rest] = this.scripts?.translate(command) ?? command;
            return { result: encode(await redis.callBuffer(known ?? '', ...rest)) };
        } catch (error) {
            if (redis.status !== 'ready') throw error;
            return { error: (error as Error).message };
        }
    }

    private async transaction(commands: string[][], encode: (value: unknown) => unknown): Promise<Result[] | { error: string }> {
        this.counts.commands.push(...commands);
        this.writes++;
        const multi = this.redis.multi();
        commands.forEach(([name = '', ...args]) => multi.callBuffer(name, ...args));
        const results = await multi.exec().catch((error: Error) => error);
        if (results instanceof Error || results === null) return { error: results?.message ?? 'EXECABORT' };
        return results.map(([error, result]) => (error ? { error: error.message } : { result: encode(result) }));
    }

    private syncToken(): string {
        return String(this.writes);
    }
}

function newCounts() {
    return { requests: 0, commands: [] as (readonly string[])[], requestBytes: 0, responseBytes: 0 };
}

async function inTurn(commands: readonly string[][], run: (command: string[]) => Promise<Result>): Promise<Result[]> {
    const results = [];
    for (const command of commands) results.push(await run(command));
    return results;
}

function ok(body: unknown): Answer {
    return { status: 200, body: JSON.stringify(body) };
}

function failed(error: string, status = 400): Answer {
    return { status, body: JSON.stringify({ error }) };
}

function toText(value: unknown): unknown {
    return Buffer.isBuffer(value) ? value.toString() : Array.isArray(value) ? value.map(toText) : value;
}

function toBase64(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(toBase64);
    if (!Buffer.isBuffer(value)) return value;
    return value.toString() === 'OK' ? 'OK' : value.toString('base64');
}
