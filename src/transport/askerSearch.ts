import type { Outcome } from '../cluster/clusterNode.js';
import { later } from '../timers.js';

/** A node that is not reached may just be finding its connection again, as after a fail-over; a client takes 410 as final. */
export const reachForMs = 6000;
const reachAgainMs = 250;
/** How many nodes are looked for at a time: few ask one client, who can make up any number of their names. */
const maxSearches = 4;
/** For how long a node that was looked for in vain is not looked for again, and how many of them are remembered. */
const rememberMs = 5000;
const maxRemembered = 100;

/** Looks for the nodes that answers of one session's client are for. */
export class AskerSearch {
    private readonly searches = new Map<string, Promise<Outcome>>();
    /** Nodes that are gone, and until when that is taken for granted. */
    private readonly lost = new Map<string, number>();
    private readonly waits = new Set<() => void>();
    private isStopped = false;

    /**
     * Delivers an answer, which may need some time when nobody listens under the node's id. Comes to `gone` when nobody has for
     * {@link reachForMs}, and to `silent` when that cannot be found out now. However many answers are for a node, it is looked for
     * once.
     */
    async reach(nodeId: string, deliver: () => Promise<Outcome>): Promise<Outcome> {
        const outcome = await deliver();
        // A node that has nothing to wait for does not listen, but may do so again: each answer is tried once.
        if (outcome !== 'gone' || this.isLost(nodeId)) {
            return outcome;
        }
        const underWay = this.searches.get(nodeId);
        if (underWay) {
            const found = await underWay;
            return found === 'gone' || found === 'silent' ? found : deliver();
        }
        if (this.isStopped || this.searches.size >= maxSearches) {
            return 'silent';
        }
        const search = this.search(nodeId, deliver).finally(() => this.searches.delete(nodeId));
        this.searches.set(nodeId, search);
        return search;
    }

    /** Nobody is looked for any more. What is under way ends now. */
    stop(): void {
        this.isStopped = true;
        [...this.waits].forEach(end => end());
    }

    private async search(nodeId: string, deliver: () => Promise<Outcome>): Promise<Outcome> {
        const deadline = performance.now() + reachForMs;
        while (performance.now() < deadline) {
            await this.wait();
            if (this.isStopped) {
                return 'silent';
            }
            const outcome = await deliver();
            if (outcome !== 'gone') {
                return outcome;
            }
        }
        this.remember(nodeId);
        return 'gone';
    }

    private wait(): Promise<void> {
        return new Promise(resolve => {
            const end = (): void => {
                clearTimeout(timer);
                this.waits.delete(end);
                resolve();
            };
            const timer = later(end, reachAgainMs);
            this.waits.add(end);
        });
    }

    private isLost(nodeId: string): boolean {
        return (this.lost.get(nodeId) ?? -Infinity) > performance.now();
    }

    private remember(nodeId: string): void {
        this.lost.delete(nodeId);
        this.lost.set(nodeId, performance.now() + rememberMs);
        const [oldest] = this.lost.keys();
        if (this.lost.size > maxRemembered && oldest !== undefined) {
            this.lost.delete(oldest);
        }
    }
}
