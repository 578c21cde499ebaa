import { createMemoryBackend, type SessionHandlerOptions } from '@mcp-sessions/core';
import { afterEach } from 'vitest';
import { HandlerNode } from './handlerNode.js';

const nodes: HandlerNode[] = [];

/** A node that is stopped after the test. */
export async function startNode(options?: SessionHandlerOptions, prepare?: () => Promise<void>): Promise<HandlerNode> {
    const node = await HandlerNode.start(options, prepare);
    nodes.push(node);
    return node;
}

/** Two nodes on one memory, stopped after the test. */
export async function startPair(options: SessionHandlerOptions = {}): Promise<readonly [HandlerNode, HandlerNode]> {
    const backend = createMemoryBackend();
    return [
        await startNode({ ...options, backend }),
        await startNode({ ...options, backend: createMemoryBackend({ shareWith: backend }) })
    ];
}

afterEach(async () => {
    await Promise.all(nodes.splice(0).map(node => node.stop()));
});
