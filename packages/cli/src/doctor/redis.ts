import type { NamedBackend, OpenedClient } from '@mcp-sessions/backends';
import type { BackendFlags } from '../backend.js';
import { reasonOf } from '../printable.js';
import type { Findings } from './findings.js';
import { reachAdvice } from './redisAdvice.js';
import { explained, isLoading, type RedisConnection } from './redisConnection.js';
import { checkRedisKeys } from './redisKeys.js';
import { checkRedisRights } from './redisRights.js';
import { checkRedisServer, infoOf, isForbidden, loading, type RedisServer, type ServerInfo, type Where } from './redisServer.js';

/** A client of one server, or of a Cluster. */
type Client = RedisConnection & { nodes?(role: 'master'): (RedisConnection & { options: { host?: string; port?: number } })[] };

/** All that concerns Redis. False when it cannot be used at all. */
export async function examineRedis(
    client: OpenedClient & { kind: 'redis' },
    named: NamedBackend,
    { prefix = 'mcp:session:', timeout }: BackendFlags,
    findings: Findings
): Promise<boolean> {
    const redis = client.redis as unknown as Client;
    const why = explained(redis);
    try {
        await client.answered();
    } catch (error) {
        const reason = why(error);
        // A server that takes no writes refuses PING too, and a user may lack it. All else is answered.
        if (!/^MISCONF|^NOPERM .*'ping'/.test(reason)) {
            await explainSilence(client, redis, named, reason, findings);
            return false;
        }
    }
    findings.ok('reach', 'Redis answers');
    try {
        return await examineServers(redis, named, prefix, timeout, findings);
    } catch (error) {
        throw new Error(why(error), { cause: error });
    }
}

async function examineServers(redis: Client, named: NamedBackend, prefix: string, timeoutMs: number, findings: Findings): Promise<boolean> {
    const servers = redis.nodes
        ? redis.nodes('master').map(node => ({ node, where: ` at ${node.options.host ?? ''}:${node.options.port ?? ''}` }))
        : [{ node: redis, where: '' }];
    const answering: RedisServer[] = [];
    for (const { node, where } of servers) {
        const why = explained(node);
        let info: ServerInfo | undefined;
        try {
            info = await infoUnlessForbidden(node, timeoutMs);
        } catch (error) {
            if (!redis.nodes) {
                throw error;
            }
            await findUnreachable(where, node, why(error), findings);
            continue;
        }
        answering.push(node);
        if (!info) {
            findings.note(
                'version',
                `INFO may not be asked${where}: version, memory and durability are unknown, and sessions cannot be listed`,
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
    if (redis.nodes && (!(await checkCluster(answering, findings)) || answering.length < servers.length)) {
        return false;
    }
    if (!(await checkRedisRights(redis, prefix, redis.nodes !== undefined, findings))) {
        return false;
    }
    try {
        await checkRedisKeys(answering, prefix, findings);
    } catch (error) {
        findings.note('keys', `the keys under the prefix cannot be looked at: ${reasonOf(error)}`);
    }
    return true;
}

/** Undefined where INFO may not be asked. Rejects when there is no answer. */
async function infoUnlessForbidden(server: RedisServer, timeoutMs: number): Promise<ServerInfo | undefined> {
    let timer: NodeJS.Timeout | undefined;
    // The driver waits for a server that reads its data, however long it takes.
    const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
        return await Promise.race([infoOf(server), late]);
    } catch (error) {
        if (isForbidden(error)) {
            return undefined;
        }
        throw error;
    } finally {
        clearTimeout(timer);
    }
}

/** Why a backend says nothing. */
async function explainSilence(
    client: OpenedClient & { kind: 'redis' },
    redis: Client,
    named: NamedBackend,
    reason: string,
    findings: Findings
): Promise<void> {
    if (named.form !== 'cluster' && isSilence(reason) && (await isLoading(redis))) {
        findings.problem('role', ...loading(''));
        return;
    }
    const isRefusal = /^[A-Z]+ /.test(reason);
    const isForEachServer = named.form === 'cluster' && isSilence(reason);
    findings.problem(
        'reach',
        `Redis cannot be ${isRefusal ? 'used' : 'reached'}: ${reason}`,
        isForEachServer ? 'See what is found of each server' : reachAdvice(reason)
    );
    if (named.form === 'cluster') {
        await checkServersOfCluster(client, findings);
    }
}

async function findUnreachable(where: Where, server: RedisConnection, reason: string, findings: Findings): Promise<void> {
    if (isSilence(reason) && (await isLoading(server))) {
        findings.problem('role', ...loading(where));
    } else {
        findings.problem('cluster', `the server${where} cannot be reached: ${reason}`, reachAdvice(reason));
    }
}

function isSilence(reason: string): boolean {
    return reason.startsWith('no answer');
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
                `the Cluster is not whole: cluster_state is ${state}, ${assigned} of 16384 slots are assigned, ${failing} have failed. ${state === 'ok' ? 'Sessions in the others are' : 'Each request is'} 503`,
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
                await findUnreachable(` at ${name}`, redis as unknown as RedisConnection, reasonOf(error), findings);
            }
        }
        if (answering.length > 0) {
            await checkCluster(answering, findings);
        }
    } finally {
        await Promise.all(opened.map(({ close }) => close()));
    }
}
