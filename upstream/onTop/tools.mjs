// The tools of a node. They show what the node knows of its client, and what reaches the calls that it runs.

const node = process.env.NODE_NAME;
const text = value => ({ content: [{ type: 'text', text: JSON.stringify(value) }] });

/** @param McpServer of the clone: 1.x and 2.x differ in what they hand to a tool. */
export function buildServer(McpServer) {
    const mcpServer = new McpServer({ name: 'onTop', version: '1.0.0' }, { capabilities: { logging: {} } });
    const { server } = mcpServer;
    const running = { isAborted: false, release: () => undefined, questions: 0 };
    const requestOf = extra => extra.mcpReq ?? { id: extra.requestId, signal: extra.signal };

    mcpServer.registerTool('whoami', {}, async () =>
        text({ node, client: server.getClientVersion(), canElicit: server.getClientCapabilities()?.elicitation !== undefined })
    );
    mcpServer.registerTool('ask', {}, async extra => {
        running.questions++;
        const question = { mode: 'form', message: 'Go on?', requestedSchema: { type: 'object', properties: {} } };
        const { action } = await server.elicitInput(question, { relatedRequestId: requestOf(extra).id });
        running.questions--;
        return text({ node, action });
    });
    mcpServer.registerTool('run', {}, async extra => {
        const { signal } = requestOf(extra);
        running.isAborted = false;
        signal.addEventListener('abort', () => (running.isAborted = true));
        await new Promise(resolve => (running.release = resolve));
        return text({ node, isAborted: running.isAborted });
    });
    mcpServer.registerTool('running', {}, async () => text({ isAborted: running.isAborted, questions: running.questions }));
    mcpServer.registerTool('release', {}, async () => {
        running.release();
        return text({});
    });
    for (const [tool, level] of [
        ['announce', 'info'],
        ['announceError', 'error']
    ]) {
        mcpServer.registerTool(tool, {}, async extra => {
            // The session's id names the log level that was set for it.
            await server.sendLoggingMessage({ level, data: level }, extra.sessionId);
            return text({});
        });
    }
    return mcpServer;
}
