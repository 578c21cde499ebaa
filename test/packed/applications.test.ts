import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { startApplication } from './support/application.js';
import type { Application } from './support/application.js';
import { runScript } from './support/runScript.js';

const scratch = inject('scratch');

let application: Application | undefined;
afterEach(async () => {
    await application?.stop();
    application = undefined;
});

describe('applications on the packed fork', () => {
    it('D3: an unmodified application runs on it, installed by alias', async () => {
        const script = join(scratch.alias, 'app.mjs');
        application = await startApplication(script, scratch.alias);
        expect(await callTool(application.url, 'add', { a: 2, b: 3 })).toBe('5');
        expectOurs(application, join(scratch.alias, 'node_modules/@modelcontextprotocol/sdk'));
    });

    it('D3: a framework from npm that depends on the official name runs on it, by overrides', async () => {
        const framework = join(scratch.overrides, 'node_modules/express-mcp-handler');
        const { dependencies } = JSON.parse(readFileSync(join(framework, 'package.json'), 'utf8')) as { dependencies: object };
        expect(dependencies).toHaveProperty('@modelcontextprotocol/sdk');

        application = await startApplication(
            join(scratch.overrides, 'framework.mjs'),
            scratch.overrides,
            join(framework, 'dist/src/stateful.js')
        );
        expect(await callTool(application.url, 'add', { a: 2, b: 3 })).toBe('5');
        expectOurs(application, join(scratch.overrides, 'node_modules/@modelcontextprotocol/sdk'));
    });

    it("D3: the SDK's own demonstration server from npm runs on it, by overrides", async () => {
        const script = join(scratch.overrides, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
        application = await startApplication(script, scratch.overrides, script, ['streamableHttp']);
        expect(await callTool(application.url, 'echo', { message: 'hello' })).toBe('Echo: hello');
        expectOurs(application, join(scratch.overrides, 'node_modules/@modelcontextprotocol/sdk'));
    });

    it('external mode works in the packed fork, by alias and under its own name', async () => {
        const expected = { mode: 'external', sameSession: true, client: { name: 'packed', version: '1.0.0' } };
        expect(await runScript(join(scratch.alias, 'external.mjs'))).toEqual(expected);

        const source = readFileSync(join(scratch.ownName, 'external.mjs'), 'utf8');
        const script = join(scratch.ownName, 'externalOwnName.mjs');
        writeFileSync(script, source.replaceAll('@modelcontextprotocol/sdk', '@mcp-sessions/sdk'));
        expect(await runScript(script)).toEqual(expected);
    });
});

/** Connects the official client, lists the tools, calls one, and ends the session. */
async function callTool(url: URL, name: string, args: Record<string, unknown>): Promise<string | undefined> {
    const transport = new StreamableHTTPClientTransport(url);
    const client = new Client({ name: 'test', version: '1.0.0' });
    await client.connect(transport);
    expect(transport.sessionId).toBeDefined();
    const { tools } = await client.listTools();
    expect(tools.map(tool => tool.name)).toContain(name);
    const { content } = await client.callTool({ name, arguments: args });
    await transport.terminateSession();
    await client.close();
    return (content as { text?: string }[])[0]?.text;
}

/** All requests went through a transport of the package installed there, and that package is the fork. */
function expectOurs({ taken }: Application, installed: string): void {
    const { name } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { name: string };
    expect(name).toBe('@mcp-sessions/sdk');
    expect(taken.length).toBeGreaterThanOrEqual(4);
    for (const { transport, from, mode } of taken) {
        expect(transport).toBe('StreamableHTTPServerTransport');
        expect(fileURLToPath(from)).toBe(fileURLToPath(pathToFileURL(join(installed, 'dist/esm/server/streamableHttp.js'))));
        expect(mode).toBe('memory');
    }
}
