/** How long a node that is gone stays in the picture, in milliseconds. */
const lostForMs = 30_000;
const leftForMs = 6000;
/** Sessions that no node holds, and how long the page knows of them. */
const maxAtRest = 2000;
const atRestForMs = 3_600_000;
/** How long nodes may go on to report a session that has ended, in milliseconds. */
const endedForMs = 60_000;

/**
 * The cluster as it was last told of: nodes, and which of them hold which sessions. A session that no node holds any more is
 * at rest in the store, until it ends.
 */
export class Cluster {
    /** By id: `{ id, name, state: 'alive' | 'draining' | 'lost' | 'left', …what it reported, at, rate }` */
    nodes = new Map();
    /** By fingerprint: `{ name, holders: Map of node ids to { isListening, calls }, restSince }` */
    sessions = new Map();
    /** Sessions that have ended, and when. */
    ended = new Map();

    /** Begins anew with what is known. */
    reset(nodes, now) {
        this.nodes.clear();
        this.sessions.clear();
        this.ended.clear();
        nodes.forEach(node => this.report(node, now));
    }

    /** A node says how it is. */
    report(report, now) {
        for (const other of this.nodes.values()) {
            // Its place has been taken by a new process.
            if (other.name === report.name && other.id !== report.id && isGone(other)) {
                this.nodes.delete(other.id);
            }
        }
        const before = this.nodes.get(report.id);
        const seconds = before ? (now - before.at) / 1000 : 0;
        const rate = seconds > 0.2 ? Math.max(0, report.requests - before.requests) / seconds : (before?.rate ?? 0);
        this.nodes.set(report.id, { ...report, state: report.isDraining ? 'draining' : 'alive', at: now, rate });
        const held = new Map(report.sessions.map(session => [session.session, session]));
        for (const [name, { isListening, calls }] of held) {
            this.hold(name, report.id, { isListening, calls });
        }
        // A report names so many sessions at most: of what it does not name it says nothing then.
        if (held.size >= report.sessionCount) {
            for (const session of this.sessions.values()) {
                if (!held.has(session.name)) {
                    this.letGo(session, report.id, now);
                }
            }
        }
    }

    /** Something happened: what it says of sessions is known before the next report. */
    happened({ event, session, node }, now) {
        if (session === undefined) {
            return;
        }
        if (event === 'session-created' || event === 'session-restored') {
            if (this.nodes.has(node)) {
                this.hold(session, node, this.sessions.get(session)?.holders.get(node) ?? { isListening: false, calls: 0 });
            }
        } else if (event === 'session-ended' || event === 'session-expired') {
            this.sessions.delete(session);
            this.ended.set(session, now);
        }
    }

    /** A node is there no more; its sessions are where they always were, in the store. */
    lose(id, how, now) {
        const node = this.nodes.get(id);
        if (node) {
            this.nodes.set(id, { ...node, state: how === 'left' ? 'left' : 'lost', at: now, rate: 0, streams: 0, calls: 0 });
            this.sessions.forEach(session => this.letGo(session, id, now));
        }
    }

    /** Forgets what is over. True when that changed anything. */
    tidy(now) {
        let changed = false;
        for (const node of this.nodes.values()) {
            if (isGone(node) && now - node.at > (node.state === 'left' ? leftForMs : lostForMs)) {
                this.nodes.delete(node.id);
                changed = true;
            }
        }
        for (const [name, at] of this.ended) {
            if (now - at > endedForMs) {
                this.ended.delete(name);
            }
        }
        const atRest = this.atRest();
        atRest.forEach((session, index) => {
            if (index < atRest.length - maxAtRest || now - session.restSince > atRestForMs) {
                this.sessions.delete(session.name);
                changed = true;
            }
        });
        return changed;
    }

    /** Sessions that no node holds, longest first. */
    atRest() {
        return [...this.sessions.values()].filter(({ holders }) => holders.size === 0);
    }

    heldBy(id) {
        return [...this.sessions.values()].filter(({ holders }) => holders.has(id));
    }

    /** Nodes by name, those of one name by id, so that each keeps its place. */
    sortedNodes() {
        return [...this.nodes.values()].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }) || a.id.localeCompare(b.id));
    }

    totals() {
        const alive = [...this.nodes.values()].filter(node => !isGone(node));
        const sum = field => alive.reduce((total, node) => total + node[field], 0);
        return { nodes: alive.length, sessions: this.sessions.size, streams: sum('streams'), calls: sum('calls'), rate: sum('rate') };
    }

    hold(name, id, activity) {
        if (this.ended.has(name)) {
            return;
        }
        const session = this.sessions.get(name) ?? { name, holders: new Map(), restSince: 0 };
        session.holders.set(id, activity);
        this.sessions.set(name, session);
    }

    letGo(session, id, now) {
        if (session.holders.delete(id) && session.holders.size === 0) {
            session.restSince = now;
            // To the end, behind those that have been at rest for longer.
            this.sessions.delete(session.name);
            this.sessions.set(session.name, session);
        }
    }
}

export function isGone({ state }) {
    return state === 'lost' || state === 'left';
}
