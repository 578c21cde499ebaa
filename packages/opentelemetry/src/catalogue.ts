import type { JSONRPCNotification, JSONRPCRequest, JSONRPCResponse } from '@mcp-sessions/core';
import { attribute, methods, overHttp } from './conventions.js';
import { KnownNames } from './knownNames.js';

const methodNotFound = -32601;
const mostMethods = 200;
const mostNames = 1000;

/** What an operation is called, in its span and in the metric. */
export interface Named {
    readonly spanName: string;
    readonly attributes: Record<string, string>;
}

/** What servers of this process offer, as far as it has been seen in what they answered. */
export class Catalogue {
    private readonly methods = new KnownNames(mostMethods, methods);
    private readonly tools = new KnownNames(mostNames);
    private readonly prompts = new KnownNames(mostNames);

    /** How a message is named, by what is known of the server now. */
    name({ method, params }: JSONRPCRequest | JSONRPCNotification): Named {
        const toldMethod = this.methods.told(method);
        const attributes: Record<string, string> = { [attribute.method]: toldMethod, ...overHttp };
        if (method === 'tools/call') {
            attributes[attribute.operation] = 'execute_tool';
        }
        const target = this.targetOf(method);
        const name = params?.['name'];
        if (!target || typeof name !== 'string') {
            return { spanName: toldMethod, attributes };
        }
        attributes[target.key] = target.names.told(name);
        return { spanName: target.names.has(name) ? `${method} ${name}` : method, attributes };
    }

    /** Learns from an answer. What says that there is no such thing teaches nothing. */
    learn({ method, params }: JSONRPCRequest | JSONRPCNotification, response: JSONRPCResponse): void {
        if ('error' in response) {
            if (response.error.code !== methodNotFound) {
                this.methods.learn(method);
            }
            return;
        }
        const { result } = response;
        this.methods.learn(method);
        if (result['isError'] !== true) {
            this.targetOf(method)?.names.learn(params?.['name']);
        }
        if (method === 'tools/list') {
            learnAll(this.tools, result['tools']);
        } else if (method === 'prompts/list') {
            learnAll(this.prompts, result['prompts']);
        }
    }

    private targetOf(method: string): { key: string; names: KnownNames } | undefined {
        switch (method) {
            case 'tools/call':
                return { key: attribute.tool, names: this.tools };
            case 'prompts/get':
                return { key: attribute.prompt, names: this.prompts };
            default:
                return undefined;
        }
    }
}

function learnAll(names: KnownNames, list: unknown): void {
    if (Array.isArray(list)) {
        list.forEach((entry: { name?: unknown } | null | undefined) => names.learn(entry?.name));
    }
}
