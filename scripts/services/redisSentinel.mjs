import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { redisProgram } from './redis.mjs';
import { RedisProcess } from './redisProcess.mjs';

const NAME = 'main';

/**
 * A Redis of our own with replicas and the sentinels that watch over them, on free ports of 127.0.0.1. The sentinels agree
 * by majority that the master is gone, after `downAfterMs` without an answer, and promote a replica.
 */
export async function startRedisSentinel({ replicas = 1, sentinels = 3, downAfterMs = 1000, settings = {}, say = () => undefined } = {}) {
    const program = redisProgram({ say });
    const group = new SentinelGroup(program, settings);
    try {
        await group.start(replicas, sentinels, downAfterMs);
    } catch (error) {
        await group.stop();
        throw error;
    }
    say(`Redis Sentinel: ${program}, a master, ${replicas} replicas and ${sentinels} sentinels started on 127.0.0.1 for this run`);
    return group;
}

class SentinelGroup {
    /** What the sentinels call the master. */
    name = NAME;
    #program;
    #settings;
    #servers = [];
    #sentinels = [];

    constructor(program, settings) {
        this.#program = program;
        this.#settings = { save: '', appendonly: 'no', 'repl-diskless-sync-delay': 0, ...settings };
    }

    /** Where the sentinels are. */
    get sentinels() {
        return this.#sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));
    }

    async start(replicas, sentinels, downAfterMs) {
        for (let index = 0; index <= replicas; index++) {
            const replicaOf = index > 0 && { replicaof: ['127.0.0.1', this.#servers[0].port] };
            const server = new RedisProcess(this.#program, { ...this.#settings, ...replicaOf });
            this.#servers.push(server);
            await server.start();
            if (index > 0) await server.until('the link to the master', isLinked, 'INFO', 'replication');
        }
        for (let index = 0; index < sentinels; index++) {
            const quorum = Math.floor(sentinels / 2) + 1;
            const lines = [`monitor NAME 127.0.0.1 ${this.#servers[0].port} ${quorum}`, `down-after-milliseconds NAME ${downAfterMs}`];
            const sentinel = new RedisProcess(this.#program, {}, { words: folder => [writeConfig(folder, lines), '--sentinel'] });
            this.#sentinels.push(sentinel);
            await sentinel.start();
        }
        const counts = { 'num-slaves': replicas, 'num-other-sentinels': sentinels - 1 };
        const knowsAll = fields => Object.entries(counts).every(([name, count]) => Number(valueOf(fields, name)) === count);
        for (const sentinel of this.#sentinels) await sentinel.until('that the sentinels know all', knowsAll, 'SENTINEL', 'MASTER', NAME);
    }

    /** The server that the sentinels name as master. */
    async master() {
        const [, port] = await this.#sentinels[0].command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME);
        return this.#servers.find(server => server.port === Number(port));
    }

    /** The servers that run and are not the master. */
    async replicas() {
        const master = await this.master();
        return this.#servers.filter(server => server !== master && server.isRunning && !server.isPaused);
    }

    /** The sentinels promote a replica while the master lives, which becomes a replica itself. */
    async failOver() {
        const old = await this.master();
        // They know a replica well only some time after they first saw it.
        await this.#sentinels[0].until('a fail-over', answer => answer === 'OK', 'SENTINEL', 'FAILOVER', NAME);
        await this.#replaced(old);
        return old;
    }

    /** The master is killed; resolves when a replica serves in its place, with what had reached it. `then` is called between. */
    async killMaster(then = () => undefined) {
        const old = await this.master();
        await old.kill();
        then();
        await this.#replaced(old);
        return old;
    }

    /** The master hangs, with its connections open; resolves when a replica serves in its place. */
    async pauseMaster() {
        const old = await this.master();
        old.pause();
        await this.#replaced(old);
        return old;
    }

    /** A server that was killed or hangs comes back, as replica of the one that took over. */
    async restart(server) {
        const { port } = await this.master();
        server.resume();
        await server.start();
        // The sentinels would tell it, too, some seconds later.
        await server.command('REPLICAOF', '127.0.0.1', port);
        await server.until('that it is a replica', info => info.includes('role:slave') && isLinked(info), 'INFO', 'replication');
    }

    async stop() {
        // The sentinels first: they would promote servers that are being stopped.
        await Promise.all(this.#sentinels.map(sentinel => sentinel.stop()));
        await Promise.all(this.#servers.map(server => server.stop()));
    }

    async #replaced(old) {
        const isNew = address => address !== null && Number(address[1]) !== old.port;
        for (const sentinel of this.#sentinels) await sentinel.until('a new master', isNew, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME);
        const master = await this.master();
        await master.until('that it is the master', info => info.includes('role:master'), 'INFO', 'replication');
    }
}

/** A sentinel writes down in its file what it learns. */
function writeConfig(folder, lines) {
    const path = join(folder, 'sentinel.conf');
    writeFileSync(path, lines.map(line => `sentinel ${line.replace('NAME', NAME)}\n`).join(''));
    return path;
}

const isLinked = info => info.includes('master_link_status:up');

/** Of a list of names and values. */
const valueOf = (fields, name) => fields[fields.indexOf(name) + 1];
