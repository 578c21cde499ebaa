import type { WatchedNode } from '@mcp-sessions/core';

/** Nodes that are remembered by name after they have gone. */
const maxRemembered = 1000;

/** The names of nodes, also of those that have gone: events may still speak of them. */
export class NodeNames {
    private readonly names = new Map<string, string>();

    note({ id, name }: Pick<WatchedNode, 'id' | 'name'>): void {
        this.names.delete(id);
        this.names.set(id, name);
        const [oldest = id] = this.names.keys();
        if (this.names.size > maxRemembered) {
            this.names.delete(oldest);
        }
    }

    /** Its name, or its id where that is all that is known. */
    of(id: string): string {
        return this.names.get(id) ?? id;
    }
}
