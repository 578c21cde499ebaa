import { randomUUID } from 'node:crypto';
import { startCluster, type Cluster } from '../../../support/cluster.js';
import { STORAGE, type StorageAddress } from './storage.js';

/** Some nodes on a server, which ask it on every request: nothing that happens there is hidden by what a node remembers. */
export function startNodes(
    address: StorageAddress,
    { nodes = 3, env = {} }: { nodes?: number; env?: Record<string, string> } = {}
): Promise<Cluster> {
    return startCluster({
        nodes,
        script: new URL('./node.ts', import.meta.url),
        env: { [STORAGE]: JSON.stringify(address), KEY_PREFIX: `test:${randomUUID()}:`, REVALIDATE_MS: '0', ...env }
    });
}
