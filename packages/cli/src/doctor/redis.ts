import type { NamedBackend, OpenedClient } from '@mcp-sessions/backends';
import { reasonOf } from '../printable.js';
import type { Findings } from './findings.js';
import { checkRedisKeys } from './redisKeys.js';
import { checkRedisRights } from './redisRights.js';
import { checkRedisServer, infoOf, snapshotFailed, type RedisServer } from './redisServer.js';

/** ioredis' `Redis` or `Cluster`: this package brings it, so that is what a client is. */
type Client = RedisServer & { nodes?(role: 'master'): (RedisServer & { options: { host?: string; port?: number } })[] };

/** All that concerns Redis. False when it cannot be used at all. */
export async function examineRedis(
    client: OpenedClient & { kind: 'redis' },
    named: NamedBackend,
    prefix: string,
    findings: Findings
): Promise<boolean> {
    try {
        await client.answered();
    } catch (error) {
        if (reasonOf(error).startsWith('MISCONF')) {
            findings.problem('durability', ...snapshotFailed(''));
            return false;
        }
        findings.problem('reach', `Redis cannot be reached: ${reasonOf(error)}`, reachAdvice(reasonOf(error)));
        if (named.form === 'cluster') {
            await checkServersOfCluster(client, findings);
        }
        return false;
    }
    findings.ok('reach', 'Redis answers');
    const redis = client.redis as unknown as Client;
    const servers = redis.nodes
        ? redis.nodes('master').map(node => ({ node, where: ` at ${node.options.host ?? ''}:${node.options.port ?? ''}` }))
        : [{ node: redis, where: '' }];
    for (const { node, where } of servers) {
        const info = await infoOf(node).catch(() => undefined);
        if (!info) {
            findings.note(
                'version',
                `INFO may not be asked${where}: version, memory and durability are unknown`,
                'ACL SETUSER <user> +info'
            );
        } else if (info['cluster_enabled'] === '1' && named.form !== 'cluster') {
            findings.problem(
                'cluster',
                'the server is one of a Cluster, but the URL names a single one: most keys are refused (MOVED)',
                'Use redis+cluster:// in the URL, or add ?cluster=true'
            );
            return false;
        }
        await checkRedisServer(node, info, where, findings);
        if (info?.['role'] === 'slave') {
            return false; // Whatever else is tried is refused.
        }
    }
    // While one is not in order, a client of the Cluster sends each command to it again and again.
    if (
        redis.nodes &&
        !(await checkCluster(
            servers.map(({ node }) => node),
            findings
        ))
    ) {
        return false;
    }
    await checkRedisRights(redis, prefix, redis.nodes !== undefined, findings);
    try {
        await checkRedisKeys(
            servers.map(({ node }) => node),
            prefix,
            findings
        );
    } catch (error) {
        findings.note('keys', `the keys under the prefix cannot be looked at: ${reasonOf(error)}`);
    }
    return true;
}

/** Whether all servers say that the Cluster is whole: what one knows by now, another may not. */
async function checkCluster(servers: readonly RedisServer[], findings: Findings): Promise<boolean> {
    let size = '';
    for (const server of servers) {
        const text = String(await server.call('CLUSTER', 'INFO'));
        const of = (name: string) => new RegExp(`^${name}:(\\w+)`, 'm').exec(text)?.[1] ?? '?';
        const [state, assigned, failing] = [of('cluster_state'), Number(of('cluster_slots_assigned')), Number(of('cluster_slots_fail'))];
        if (state !== 'ok' || assigned < 16384 || failing > 0) {
            findings.problem(
                'cluster',
                `the Cluster is not whole: cluster_state is ${state}, ${assigned} of 16384 slots are assigned, ${failing} have failed. Sessions in the others are 503`,
                'redis-cli --cluster check <host:port>, and --cluster fix for slots that nobody has'
            );
            return false;
        }
        size = `${of('cluster_size')} masters, ${of('cluster_known_nodes')} servers`;
    }
    findings.ok('cluster', `cluster_state is ok, and all slots are covered (${size})`);
    return true;
}

/** A client of a Cluster that is not whole cannot be had. Its servers tell why, each for itself. */
async function checkServersOfCluster({ servers }: OpenedClient & { kind: 'redis' }, findings: Findings): Promise<void> {
    const opened = await servers();
    const answering: RedisServer[] = [];
    try {
        for (const { name, redis, answered } of opened) {
            try {
                await answered();
                answering.push(redis as unknown as RedisServer);
            } catch (error) {
                findings.problem('cluster', `the server at ${name} cannot be reached: ${reasonOf(error)}`, reachAdvice(reasonOf(error)));
            }
        }
        if (answering.length > 0) {
            await checkCluster(answering, findings);
        }
    } finally {
        await Promise.all(opened.map(({ close }) => close()));
    }
}

function reachAdvice(reason: string): string {
    if (/WRONGPASS|invalid (username-)?password/i.test(reason)) {
        return 'User or password are wrong. Characters such as / ? # % in a password must be percent-encoded in the URL';
    }
    if (/NOAUTH|NOPERM/.test(reason)) {
        return 'The server wants a password: redis://user:password@host:6379';
    }
    if (/ECONNREFUSED/.test(reason)) {
        return 'Nobody listens there: is it started, and are host and port right?';
    }
    if (/ENOTFOUND|EAI_AGAIN/.test(reason)) {
        return 'The name of the host is not known here';
    }
    return 'Is it started, may this machine connect to it (firewall), and does the URL say rediss:// if, and only if, the server has TLS?';
}
