import type { NamedBackend } from '@mcp-sessions/backends';
import type { BackendFlags } from '../backend.js';
import type { Cli } from '../cli.js';
import { isPublicHost } from './address.js';
import type { Findings } from './findings.js';

const titles = { redis: 'Redis', postgres: 'Postgres', upstash: 'Upstash', memory: 'memory' };

/** What was named, and by what. */
export async function checkEnvironment(cli: Cli, flags: BackendFlags, named: NamedBackend, findings: Findings): Promise<void> {
    const { kind, namedBy, ignored, hosts, tls, hasSecret } = named;
    const how = namedBy === 'url' ? '--url names it' : `${namedBy} names it`;
    if (ignored.length > 0) {
        findings.note(
            'environment',
            `the backend is ${titles[kind]}, as ${how}; ${ignored.join(', ')} ${ignored.length === 1 ? 'is' : 'are'} set, too, and not used`,
            `If servers are to use another one, give createSessionBackend \`kind\`, or unset ${namedBy}`
        );
    } else {
        findings.ok('environment', `the backend is ${titles[kind]}, as ${how}`);
    }
    const shown = [
        ...(namedBy === 'url' && holdsSecret(flags.url ?? '') ? ['a password'] : []),
        ...(flags.token === undefined ? [] : ['a token'])
    ];
    if (shown.length > 0) {
        findings.note(
            'environment',
            `the command line holds ${shown.join(' and ')}, which other users of this machine can see while the command runs`,
            'Put it into the environment, for example REDIS_URL, or KV_REST_API_URL with KV_REST_API_TOKEN'
        );
    }
    if ((cli.env['MCP_SESSIONS_ENCRYPTION_KEYS'] ?? '') !== '') {
        findings.ok('environment', 'what is stored is read with the keys of MCP_SESSIONS_ENCRYPTION_KEYS');
    }
    const publicHosts = await Promise.all(hosts.map(isPublicHost));
    if (!tls && publicHosts.includes(true)) {
        findings.warning(
            'tls',
            `the connection leads over the public network without TLS: ${hasSecret ? 'the password and ' : ''}all of each session can be read on the way`,
            kind === 'postgres' ? 'Add ?sslmode=verify-full to the URL' : kind === 'redis' ? 'Use rediss:// in the URL' : 'Use https://'
        );
    } else {
        findings.ok('tls', tls ? 'the connection is encrypted (TLS)' : 'no TLS, and the server is on this machine or in a private network');
    }
}

/** Whether a URL holds a password, before its host or in its query. */
function holdsSecret(url: string): boolean {
    return /:\/\/[^/?#]*:[^/?#]*@/.test(url) || /[?&][^=&#]*(password|token|secret)[^=&#]*=[^&#]/i.test(url);
}
