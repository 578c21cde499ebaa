import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

const plainHost = /^[A-Za-z0-9._-]+(?::\d{1,5})?$/;

/** The URL that a request was sent to, or undefined when its target or its `Host` makes none. */
export function requestUrl(request: IncomingMessage): URL | undefined {
    const target = request.url ?? '';
    try {
        if (/^https?:\/\//.test(target)) {
            return new URL(target);
        }
        const scheme = (request.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http';
        const url = new URL(`${scheme}://${hostOf(request)}${target}`);
        return isSameHost(url, hostOf(request) ?? '') ? url : undefined;
    } catch {
        return undefined;
    }
}

/** Whether a request has a URL at all. Parses only what does not look like the usual one. */
export function hasUrl(request: IncomingMessage): boolean {
    const host = hostOf(request);
    if (host !== undefined && plainHost.test(host) && request.url?.startsWith('/') && !request.url.includes('\\')) {
        return true;
    }
    return host !== undefined && !request.url?.split('?', 1)[0]?.includes('\\') && requestUrl(request) !== undefined;
}

function hostOf(request: IncomingMessage): string | undefined {
    return (request as { authority?: string }).authority ?? (request.headers.host || undefined);
}

/** A `Host` such as `a@b` or `a/b` would make a URL of another host than the client connected to. */
function isSameHost(url: URL, host: string): boolean {
    return url.hostname.length === host.length || url.hostname === host.replace(/:\d+$/, '').toLowerCase();
}
