import { mark, unmarked, withoutData } from './answer.js';
import type { UpstashClient } from './client.js';

/** A script as Upstash gets it, and the SHA-1 by which it knows it once it has seen it. */
interface RestScript {
    readonly sha1: string;
    readonly source: string;
}

/** Has Upstash lock only the keys that the caller names. Without it a script stops all other commands of the database. */
const keyLocking = '#!lua flags=allow-key-locking\n';

/** A server that speaks Upstash's protocol, but does not know the flag: Redis 7, and earlier ones. */
const unknownFlag = /unexpected flag in script shebang|unexpected symbol near '#'/i;

/** Tables with `ok` or `err` are statuses and errors, which are no texts. */
const wrapped = (source: string) => `local function run()
${source}
end
local function marked(value)
    if type(value) == 'string' then
        return "${mark}" .. value
    end
    if type(value) == 'table' then
        if value.ok then
            return "${mark}" .. value.ok
        end
        for i = 1, #value do
            value[i] = marked(value[i])
        end
    end
    return value
end
return marked(run())
`;

/** By the text that was given, with the flag and without. Made once per process: there are as many as there are scripts. */
const made = { locking: new Map<string, Promise<RestScript>>(), plain: new Map<string, Promise<RestScript>>() };

function restScript(text: string, kind: keyof typeof made): Promise<RestScript> {
    let script = made[kind].get(text);
    if (!script) {
        const source = (kind === 'locking' ? keyLocking : '') + wrapped(text);
        script = sha1(source).then(hash => ({ sha1: hash, source }));
        made[kind].set(text, script);
    }
    return script;
}

async function sha1(text: string): Promise<string> {
    const hash = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text));
    return Array.from(new Uint8Array(hash), byte => byte.toString(16).padStart(2, '0')).join('');
}

/** Runs Lua scripts over REST. What they answer comes back as they returned it, however the client is set up. */
export class ScriptRunner {
    private knowsKeyLocking = true;

    constructor(private readonly redis: UpstashClient) {}

    /** One request, and one more when the server does not know the script yet. All keys that the script uses must be named. */
    async run(source: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
        if (this.knowsKeyLocking) {
            try {
                return await this.runAs(await restScript(source, 'locking'), keys, args);
            } catch (error) {
                if (!unknownFlag.test((error as Error).message)) {
                    throw error;
                }
                this.knowsKeyLocking = false;
            }
        }
        return this.runAs(await restScript(source, 'plain'), keys, args);
    }

    private async runAs(script: RestScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
        const texts = args.map(String);
        try {
            return unmarked(await this.redis.evalsha(script.sha1, [...keys], texts));
        } catch (error) {
            const plain = withoutData(error);
            if (!plain.message.startsWith('NOSCRIPT')) {
                throw plain;
            }
        }
        try {
            return unmarked(await this.redis.eval(script.source, [...keys], texts));
        } catch (error) {
            throw withoutData(error);
        }
    }
}
