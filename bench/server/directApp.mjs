import { Traffic } from '../load/traffic.mjs';
import { echoCall, checkEcho } from '../load/messages.mjs';
import { buildServer } from './echoServer.mjs';
import { loadImplementation } from './implementations.mjs';

/**
 * The SDK's server without HTTP: messages go to `onmessage` and come back through `send`, in this process, with as many
 * calls in flight as there are connections otherwise.
 */
export async function startDirectApp(spec) {
    const { McpServer } = await loadImplementation(spec);
    const waiting = new Map();
    const transport = {
        start: async () => undefined,
        close: async () => undefined,
        send: async message => {
            const answer = waiting.get(message.id);
            waiting.delete(message.id);
            answer(message);
        }
    };
    await buildServer(McpServer, spec.tools).connect(transport);

    let sequence = 0;
    const traffic = new Traffic(spec.connections, (lane, done) => {
        const call = echoCall(++sequence);
        waiting.set(call.id, message => {
            checkEcho(message, call);
            done();
        });
        transport.onmessage(call);
    });
    return { slice: ms => traffic.run(ms) };
}
