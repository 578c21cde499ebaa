import type { ProtocolRules } from '../protocolRules.js';
import { isJsonContentType } from './contentType.js';
import type { Exchange } from './exchange.js';
import { replies, type Reply } from './replies.js';

/** Which hosts and origins are let in; undefined: all. */
export interface AllowedSources {
    readonly hosts: readonly string[] | undefined;
    readonly origins: readonly string[] | undefined;
}

/** Protects a server on a private address from web pages that resolve their own name to it (DNS rebinding). */
export function checkSource(exchange: Exchange, allowed: AllowedSources): Reply | undefined {
    if (allowed.hosts?.length) {
        const host = exchange.header('host');
        if (!host || !allowed.hosts.includes(host)) {
            return replies.badHost(host);
        }
    }
    if (allowed.origins?.length) {
        const origin = exchange.header('origin');
        if (origin && !allowed.origins.includes(origin)) {
            return replies.badOrigin(origin);
        }
    }
    return undefined;
}

/** `Accept` is a list, so the two types are looked for anywhere in it. */
export function checkPostHeaders(exchange: Exchange): Reply | undefined {
    const accept = exchange.header('accept');
    if (!accept?.includes('application/json') || !accept.includes('text/event-stream')) {
        return replies.postNotAcceptable;
    }
    return isJsonContentType(exchange.header('content-type')) ? undefined : replies.notJson;
}

export function checkGetHeaders(exchange: Exchange): Reply | undefined {
    return exchange.header('accept')?.includes('text/event-stream') ? undefined : replies.getNotAcceptable;
}

/** The version that the client of a request speaks, as far as it can be told. */
export function clientVersion(exchange: Exchange, session: { readonly protocolVersion: string | undefined }, rules: ProtocolRules): string {
    return exchange.header('mcp-protocol-version') ?? session.protocolVersion ?? rules.defaultProtocolVersion;
}

/** A version that is named must be a supported one; `initialize` negotiates and is not checked. */
export function checkProtocolVersion(exchange: Exchange, { supportedProtocolVersions }: ProtocolRules): Reply | undefined {
    const version = exchange.header('mcp-protocol-version');
    return version === undefined || supportedProtocolVersions.includes(version)
        ? undefined
        : replies.unsupportedVersion(version, supportedProtocolVersions);
}
