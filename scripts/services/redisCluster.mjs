import { redisProgram } from './redis.mjs';
import { RedisProcess } from './redisProcess.mjs';

const SLOTS = 16_384;

/**
 * A Redis Cluster of our own on free ports of 127.0.0.1, with the slots spread evenly over its masters. Of `replicas` there
 * are so many in all: the first is one of the first master, and so on. Nothing of it is kept on disk beyond `stop`.
 */
export async function startRedisCluster({ masters = 3, replicas = 0, nodeTimeoutMs = 5000, settings = {}, say = () => undefined } = {}) {
    const program = redisProgram({ say });
    const cluster = new RedisCluster(program, { 'cluster-node-timeout': nodeTimeoutMs, ...settings });
    try {
        await cluster.start(masters, replicas);
    } catch (error) {
        await cluster.stop();
        throw error;
    }
    say(`Redis Cluster: ${program}, ${masters} masters and ${replicas} replicas started on 127.0.0.1 for this run`);
    return cluster;
}

class RedisCluster {
    #program;
    #settings;
    #servers = [];

    constructor(program, settings) {
        this.#program = program;
        this.#settings = { save: '', appendonly: 'no', 'cluster-enabled': 'yes', 'repl-diskless-sync-delay': 0, ...settings };
    }

    /** Any of them leads to the others. */
    get nodes() {
        return this.#servers.map(({ port }) => ({ host: '127.0.0.1', port }));
    }

    async start(masters, replicas) {
        for (let index = 0; index < masters + replicas; index++) {
            const server = new RedisProcess(this.#program, this.#settings, { hasBus: true });
            this.#servers.push(server);
            await server.start();
            server.id = await server.command('CLUSTER', 'MYID');
            // Numbers that differ from the start spare the masters an argument over them.
            await server.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
        }
        const [first, ...others] = this.#servers;
        for (const [index, server] of this.#servers.slice(0, masters).entries()) {
            const [from, to] = [index, index + 1].map(part => Math.floor((part * SLOTS) / masters));
            await server.command('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
        }
        for (const { port, busPort } of others) await first.command('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
        const size = `cluster_known_nodes:${masters + replicas}`;
        await this.#everywhere('the cluster', info =>
            [size, `cluster_size:${masters}`, 'cluster_state:ok'].every(part => info.includes(part))
        );
        for (const [index, replica] of this.#servers.slice(masters).entries()) {
            await replica.command('CLUSTER', 'REPLICATE', this.#servers[index].id);
            await replica.until('the link to the master', info => info.includes('master_link_status:up'), 'INFO', 'replication');
        }
        for (const { id } of this.#servers.slice(masters)) await this.#agreeThat(id, 'slave');
    }

    /** The server of a slot. */
    async ownerOf(slot) {
        return (await this.#nodes()).find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to)).server;
    }

    async slotOf(key) {
        return this.#running()[0].command('CLUSTER', 'KEYSLOT', key);
    }

    /** The masters in the order of their slots, each with its server and its replicas. */
    async masters() {
        const nodes = await this.#nodes();
        const masters = nodes.filter(({ flags, slots }) => flags.includes('master') && !flags.includes('fail') && slots.length > 0);
        masters.sort((a, b) => a.slots[0][0] - b.slots[0][0]);
        return masters.map(({ id, server }) => ({
            server,
            replicas: nodes.filter(({ masterId }) => masterId === id).map(({ server }) => server)
        }));
    }

    /**
     * Begins to move a slot to another master, as resharding does: what is there stays until `keys` moves some of it, and what
     * is new goes to the other one. With `finish` all of it moves, and every master learns of it.
     */
    async beginMove(slot, to) {
        const from = await this.ownerOf(slot);
        await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
        await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
        const keys = async count => {
            const names = await from.command('CLUSTER', 'GETKEYSINSLOT', slot, count);
            if (names.length > 0) await from.command('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...names);
            return names.length;
        };
        const finish = async () => {
            while ((await keys(20)) > 0);
            // The one that has the keys comes first: from then on nobody can be sent to where they are not.
            for (const server of [to, from]) await server.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
            for (const { server } of await this.masters()) {
                if (server !== to && server !== from) await server.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
            }
        };
        return { from, keys, finish };
    }

    async moveSlot(slot, to) {
        const move = await this.beginMove(slot, to);
        await move.finish();
        return move.from;
    }

    /** A replica takes over from its master, which hands over all that it has. */
    async failOver(master) {
        const replica = await this.#replicaOf(master);
        await replica.command('CLUSTER', 'FAILOVER');
        await this.#promoted(replica);
        return replica;
    }

    /** The master is killed; resolves when a replica serves in its place, with what had reached it. */
    async killMaster(master) {
        const replica = await this.#replicaOf(master);
        await master.kill();
        await this.#promoted(replica);
        return replica;
    }

    /** The master hangs, with its connections open; resolves when a replica serves in its place. */
    async pauseMaster(master) {
        const replica = await this.#replicaOf(master);
        master.pause();
        await this.#promoted(replica);
        return replica;
    }

    /** A server that was killed or hangs comes back, as replica of the one that took over. */
    async restart(server) {
        server.resume();
        await server.start();
        await server.until('the link to the master', info => info.includes('master_link_status:up'), 'INFO', 'replication');
        await this.#agreeThat(server.id, 'slave');
    }

    async stop() {
        await Promise.all(this.#servers.map(server => server.stop()));
    }

    async #replicaOf(master) {
        const { replicas = [] } = (await this.masters()).find(({ server }) => server === master) ?? {};
        const [replica] = replicas.filter(({ isRunning, isPaused }) => isRunning && !isPaused);
        if (replica === undefined) throw new Error('This master has no replica');
        return replica;
    }

    async #promoted(replica) {
        await this.#agreeThat(replica.id, 'master');
        await this.#everywhere('service', info => info.includes('cluster_state:ok'));
    }

    async #agreeThat(id, role) {
        const holds = list => parseNodes(list).some(node => node.id === id && node.flags.includes(role) && !node.flags.includes('fail'));
        for (const server of this.#running()) await server.until(`that all know of a ${role}`, holds, 'CLUSTER', 'NODES');
    }

    async #everywhere(what, holds) {
        for (const server of this.#running()) await server.until(what, holds, 'CLUSTER', 'INFO');
    }

    async #nodes() {
        const nodes = parseNodes(await this.#running()[0].command('CLUSTER', 'NODES'));
        return nodes.map(node => ({ ...node, server: this.#servers.find(({ id }) => id === node.id) }));
    }

    #running() {
        return this.#servers.filter(({ isRunning, isPaused }) => isRunning && !isPaused);
    }
}

/** `<id> <address> <flags> <master id or -> <ping> <pong> <epoch> <link> <slots>…`, a line for each node. */
function parseNodes(list) {
    return list
        .trim()
        .split('\n')
        .map(line => {
            const [id, , flags = '', masterId, , , , , ...slots] = line.split(' ');
            const ranges = slots.filter(slot => !slot.startsWith('[')).map(slot => slot.split('-').map(Number));
            return { id, flags: flags.split(','), masterId, slots: ranges.map(([from, to = from]) => [from, to]) };
        });
}
