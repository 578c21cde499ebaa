import type { NodeProcess } from '../../support/nodeProcess.js';
import { mcpUrl } from './fixture.js';
import { Wire, type HeaderMap } from './wire.js';

/** A session that began on the first of three nodes, at each of them. */
export async function sessionAt(
    nodes: readonly NodeProcess[],
    { protocolVersion, headers }: { protocolVersion?: string; headers?: HeaderMap } = {}
): Promise<[Wire, Wire, Wire]> {
    const [first, second, third] = nodes;
    if (!first || !second || !third) throw new Error('Three nodes are needed');
    const wire = new Wire(mcpUrl(first), headers);
    await wire.begin(protocolVersion);
    return [wire, wire.at(mcpUrl(second)), wire.at(mcpUrl(third))];
}
