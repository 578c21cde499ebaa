import { entriesOf, type Entries } from './privateFields.js';
import type { Connected, Sdk, ToolCall } from './sdk.js';
import { transportOptions, type Setting } from './settings.js';

/** What a node knows of a session, for the situations to ask. */
export interface SessionState {
    readonly client: ReturnType<Connected['client']>;
    /** Of each call by its label: whether it runs, or how it ended. */
    readonly calls: Readonly<Record<string, string>>;
    /** What `onerror` was told. */
    readonly errors: readonly string[];
}

/** A server of one node for one session, with the tools that the situations call. */
export class NodeSession {
    readonly #calls: Record<string, string> = {};
    readonly #errors: string[] = [];
    readonly #releases = new Map<string, () => void>();
    #connected: Connected | undefined;

    /**
     * @param restored the session, where another node began it.
     * @param onbegin told of the session's id as soon as there is a new one.
     */
    async open(sdk: Sdk, setting: Setting, restored: string | undefined, onbegin: (sessionId: string) => void): Promise<Connected> {
        const options = transportOptions(setting, restored);
        this.#connected = await sdk({
            transport: {
                ...options,
                onsessioninitialized: sessionId => {
                    onbegin(sessionId);
                    return options.onsessioninitialized?.(sessionId);
                }
            },
            runTool: call => this.#runTool(call),
            onerror: error => this.#errors.push(error.message)
        });
        return this.#connected;
    }

    /** Lets a call of `wait` return. */
    release(label: string): void {
        this.#releases.get(label)?.();
    }

    get state(): SessionState {
        return { client: this.#open.client(), calls: this.#calls, errors: this.#errors };
    }

    get entries(): Entries {
        return entriesOf(this.#open);
    }

    get #open(): Connected {
        if (this.#connected === undefined) throw new Error('The session is not open.');
        return this.#connected;
    }

    async #runTool(call: ToolCall): Promise<string> {
        const { tool, args, signal } = call;
        const label = args['label'] ?? tool;
        this.#calls[label] = 'runs on';
        signal.addEventListener('abort', () => (this.#calls[label] = 'is aborted'));
        try {
            const text = await this.#toolNamed(tool, label, call);
            this.#calls[label] = `returned ${JSON.stringify(text)}`;
            return text;
        } catch (error) {
            if (!signal.aborted) this.#calls[label] = `failed: ${error instanceof Error ? error.message : String(error)}`;
            throw error;
        }
    }

    async #toolNamed(tool: string, label: string, { args, ask, notify, signal }: ToolCall): Promise<string> {
        switch (tool) {
            case 'ask':
                return ask(args['question'] ?? '');
            case 'notify':
                await notify(args['text'] ?? '');
                return label;
            case 'wait':
                await new Promise<void>((resolve, reject) => {
                    this.#releases.set(label, resolve);
                    signal.addEventListener('abort', () => reject(new Error('aborted')));
                });
                return label;
            default:
                return label;
        }
    }
}
