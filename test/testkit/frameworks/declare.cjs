// Declares tests with the kit, whatever the framework. Which ones, KIT_CASE says.

/** A store as its author may write it: the five methods, on what all of its nodes share. */
class MapStore {
    constructor(records, ttlMs) {
        this.records = records;
        this.ttlMs = ttlMs;
    }

    async storeSession(id, data) {
        this.records.set(id, { json: JSON.stringify(data), expiresAt: Date.now() + this.ttlMs });
    }

    async getSession(id) {
        const json = this.live(id)?.json;
        return json === undefined ? null : JSON.parse(json);
    }

    async updateSessionActivity(id) {
        const record = this.live(id);
        if (record) record.expiresAt = Date.now() + this.ttlMs;
    }

    async deleteSession(id) {
        this.records.delete(id);
    }

    async sessionExists(id) {
        return this.live(id) !== undefined;
    }

    live(id) {
        const record = this.records.get(id);
        return record && record.expiresAt > Date.now() ? record : undefined;
    }
}

const openMap =
    (Store = MapStore) =>
    async ({ ttlSeconds = 3600 }) => {
        const records = new Map();
        return { store: () => new Store(records, ttlSeconds * 1000), close: async () => undefined };
    };

/** Neither deletes nor answers, each as a store can be broken. */
class Undeletable extends MapStore {
    async deleteSession() {}
}
class Silent extends MapStore {
    deleteSession() {
        return new Promise(() => undefined);
    }
}
class Refusing extends MapStore {
    async deleteSession() {
        throw new TypeError('permission denied for table session');
    }
}

const closing = value => ({ ...value, close: async () => undefined });

const cases = {
    sound(kit, core, framework) {
        const { testContract } = kit;
        const runs = 10;
        const store = limits => new core.InMemorySessionStore(limits);
        const log = limits => new core.InMemoryEventLog(limits);
        const of = (name, make) => async limits => {
            const one = make(limits);
            return closing({ [name]: () => one });
        };
        testContract(kit.sessionStoreContract, { name: 'memory', open: of('store', store), runs, ...framework });
        testContract(kit.customStoreContract, { name: 'five methods', open: openMap(), runs, ...framework });
        testContract(kit.eventLogContract, { name: 'memory', open: of('log', log), runs, ...framework });
        testContract(kit.mailboxContract, { name: 'memory', open: of('mailbox', () => new core.InMemoryMailbox()), runs, ...framework });
        testContract(kit.sessionLockContract, {
            name: 'memory',
            open: of('lock', () => new core.InMemorySessionLock()),
            runs,
            ...framework
        });
        testContract(kit.messageBusContract, {
            name: 'memory',
            open: async () => {
                const first = new core.InMemoryMessageBus();
                return { bus: () => new core.InMemoryMessageBus({ shareWith: first }), close: () => first.close() };
            },
            ...framework
        });
    },
    broken(kit, _core, framework) {
        const quick = { patienceMs: 200, clauseTimeoutMs: 1500, runs: 10, ...framework };
        kit.testContract(kit.customStoreContract, { name: 'one that does not delete', open: openMap(Undeletable), ...quick });
        kit.testContract(kit.customStoreContract, { name: 'one that does not answer', open: openMap(Silent), ...quick });
        kit.testContract(kit.customStoreContract, { name: 'one that refuses', open: openMap(Refusing), ...quick });
    },
    skips(kit, _core, framework) {
        const skip = [
            ...[
                'deleteSession: nothing is left for any node, and no other session is touched',
                'S11: deleteSession: no touch brings a record back, also none at the same moment'
            ].map(clause => ({ clause, reason: 'rows are write-once' })),
            { clause: 'storeSession: replaces the whole record', reason: 'a reason of the past' }
        ];
        kit.testContract(kit.customStoreContract, { name: 'with skips', open: openMap(Undeletable), runs: 10, skip, ...framework });
    },
    unknown(kit, _core, framework) {
        const skip = [{ clause: 'deleteSession: whatever', reason: 'none' }];
        kit.testContract(kit.customStoreContract, { name: 'with a wrong skip', open: openMap(), skip, ...framework });
    }
};

module.exports = (kit, core, framework) => cases[process.env.KIT_CASE](kit, core, framework);
