// #region watch
import { watchCluster } from '@mcp-sessions/sdk/server';
// #endregion watch
import type { SessionBackend } from '@mcp-sessions/sdk/server';

export async function watchIt(backend: SessionBackend) {
    // #region watch
    const watch = await watchCluster(backend, {
        onnode: node => console.log(`${node.name}: ${node.sessionCount} sessions, ${node.calls} calls`),
        onevent: ({ name, event, data }) => console.log(name, event, data),
        onlost: ({ name }, how) => console.log(`${name} is ${how === 'left' ? 'gone' : 'lost'}`)
    });
    // #endregion watch
    return watch;
}
