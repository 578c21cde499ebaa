import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
/** Names, addresses and ports that the URL parser is known to take; what looks otherwise is parsed to find out. */
const plainHost = new RegExp(
    `^(?:(?!.*xn--|.*\\.(?:\\d+|0x[0-9a-f]*)\\.?(?::|$))[a-z][a-z0-9.-]*|(?:${octet}\\.){3}${octet})(?::(?:[1-5]\\d{4}|\\d{1,4}))?$`
);
const absolute = /^https?:\/\//;

/** The URL that a request was sent to, or undefined when its target or its `Host` makes none. */
export function requestUrl(request: IncomingMessage): URL | undefined {
    const target = request.url ?? '';
    const host = hostOf(request);
    try {
        if (absolute.test(target)) {
            return new URL(target);
        }
        if (host === undefined || (target !== '' && !target.startsWith('/')) || /[\s/?#@\\]/.test(host)) {
            return undefined;
        }
        const scheme = (request.socket as Partial<TLSSocket> | null)?.encrypted ? 'https' : 'http';
        return new URL(`${scheme}://${host}${target}`);
    } catch {
        return undefined;
    }
}

/** Whether a request has a URL at all. Parses only what does not look like the usual one. */
export function hasUrl(request: IncomingMessage): boolean {
    const target = request.url ?? '';
    const host = hostOf(request);
    if (host !== undefined && plainHost.test(host) && target.startsWith('/') && !target.includes('\\')) {
        return true;
    }
    return !target.split('?', 1)[0]?.includes('\\') && requestUrl(request) !== undefined;
}

function hostOf(request: IncomingMessage): string | undefined {
    return (request as { authority?: string }).authority ?? (request.headers.host || undefined);
}
