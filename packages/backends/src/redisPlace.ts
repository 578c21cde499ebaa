/** One server, or one of several. */
export interface RedisHost {
    readonly host: string;
    readonly port: number;
}

/** Where a Redis is, and who we are there: what its URL says. */
export interface RedisPlace {
    readonly form: 'single' | 'cluster' | 'sentinel';
    /** Of a cluster some of its servers, of Sentinel the sentinels. */
    readonly hosts: readonly RedisHost[];
    readonly tls: boolean;
    readonly database: number;
    readonly username?: string;
    readonly password?: string;
    /** Of addresses: 4, 6, or 0 for both. */
    readonly family?: number;
    /** With Sentinel: by what name it knows the servers. */
    readonly master?: string;
    readonly sentinelUsername?: string;
    readonly sentinelPassword?: string;
}

const schemes = /^(rediss?)(?:[+-](cluster|sentinel))?$/;
const whole = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/i;
const parameters = ['cluster', 'db', 'family', 'master', 'sentinelUsername', 'sentinelPassword'];

/**
 * Reads a URL of Redis:
 *
 *     redis://user:password@host:6379/0             one server; rediss: with TLS
 *     redis://host:6379?cluster=true                a cluster; also redis+cluster:, or several hosts
 *     redis-sentinel://host1,host2:26379/0?master=mymaster
 *                                                   Sentinel; the name also as #mymaster or /mymaster/0
 *
 * @throws TypeError for what is none. Its message holds nothing of the URL but names of parameters.
 */
export function parseRedisUrl(url: string): RedisPlace {
    const [, scheme = '', user, hostList = '', path = '', query = '', fragment = ''] = whole.exec(url.trim()) ?? [];
    const [, base, suffix] = schemes.exec(scheme.toLowerCase()) ?? [];
    if (base === undefined) {
        throw wrong('it must begin with redis://, rediss://, redis+cluster:// or redis-sentinel://');
    }
    const search = new URLSearchParams(query);
    const unknown = [...search.keys()].filter(name => !parameters.includes(name));
    if (unknown.length > 0) {
        throw wrong(`it has parameters that are not known: ${unknown.join(', ')}. Known are ${parameters.join(', ')}`);
    }
    const isSentinel = suffix === 'sentinel';
    const hosts = hostList.split(',').map(host => readHost(host, isSentinel ? 26379 : 6379));
    const form = isSentinel ? 'sentinel' : isCluster(suffix, search.get('cluster'), hosts.length) ? 'cluster' : 'single';
    const segments = path.split('/').filter(Boolean).map(decode);
    const master = isSentinel ? masterOf(search, fragment, segments) : undefined;
    const database = readDatabase(search.get('db') ?? segments[0], segments.length);
    if (form === 'cluster' && database !== 0) {
        throw wrong('a cluster has database 0 only');
    }
    const sentinelUsername = search.get('sentinelUsername');
    const sentinelPassword = search.get('sentinelPassword');
    if (!isSentinel && (sentinelUsername ?? sentinelPassword ?? search.get('master')) !== null) {
        throw wrong('master, sentinelUsername and sentinelPassword belong to redis-sentinel://');
    }
    return {
        form,
        hosts,
        tls: base === 'rediss',
        database,
        ...readUser(user),
        ...readFamily(search.get('family')),
        ...(master !== undefined && { master }),
        ...(sentinelUsername !== null && { sentinelUsername }),
        ...(sentinelPassword !== null && { sentinelPassword })
    };
}

function readHost(text: string, defaultPort: number): RedisHost {
    const [, host, port] = /^(\[[0-9a-f:.]+\]|[^\s:[\]]+)(?::(\d{1,5}))?$/i.exec(text.trim() || 'localhost') ?? [];
    const number = port === undefined ? defaultPort : Number(port);
    if (host === undefined || number < 1 || number > 65535) {
        throw wrong('a host must be a name or an address, and a port a number. A password with / ? # must be percent-encoded');
    }
    return { host: host.replace(/^\[|\]$/g, ''), port: number };
}

function isCluster(suffix: string | undefined, parameter: string | null, hostCount: number): boolean {
    if (parameter !== null && !['true', 'false', '1', '0'].includes(parameter)) {
        throw wrong('cluster must be true or false');
    }
    const wanted = parameter === null ? undefined : parameter === 'true' || parameter === '1';
    if (wanted === false && (suffix === 'cluster' || hostCount > 1)) {
        throw wrong('it says cluster=false, but its scheme or its several hosts say that it is a cluster');
    }
    return wanted ?? (suffix === 'cluster' || hostCount > 1);
}

/** Takes the name of the master from the path, if it is there. */
function masterOf(search: URLSearchParams, fragment: string, segments: string[]): string {
    const inPath = segments[0] !== undefined && !/^\d+$/.test(segments[0]) ? segments.shift() : undefined;
    const names = new Set(
        [search.get('master'), decode(fragment.slice(1)), inPath].filter(name => typeof name === 'string' && name !== '')
    );
    const [master] = names;
    if (names.size !== 1 || typeof master !== 'string') {
        throw wrong('with Sentinel it must name one master: redis-sentinel://host:26379?master=mymaster');
    }
    return master;
}

function readDatabase(text: string | undefined, segmentCount: number): number {
    if (segmentCount > 1 || (text !== undefined && !/^\d{1,6}$/.test(text))) {
        throw wrong('its path must be the number of a database, for example /0');
    }
    return Number(text ?? 0);
}

function readUser(user: string | undefined): { username?: string; password?: string } {
    if (user === undefined || user === '') {
        return {};
    }
    const colon = user.indexOf(':');
    const username = decode(colon < 0 ? user : user.slice(0, colon));
    const password = colon < 0 ? '' : decode(user.slice(colon + 1));
    return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
}

function readFamily(text: string | null): { family?: number } {
    if (text === null) {
        return {};
    }
    if (!['0', '4', '6'].includes(text)) {
        throw wrong('family must be 0, 4 or 6');
    }
    return { family: Number(text) };
}

function decode(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch (error) {
        if (error instanceof URIError) {
            throw wrong('a % must be written %25');
        }
        throw error;
    }
}

function wrong(message: string): TypeError {
    return new TypeError(`The URL of Redis cannot be read: ${message}`);
}
