import { WebAnswer } from '../../test/wire/support/webAnswer.js';
import { within } from './patience.js';

/** A JSON-RPC message as far as the situations look into it. */
export interface Message {
    readonly id?: string | number | null;
    readonly method?: string;
    readonly params?: { readonly data?: unknown; readonly message?: string };
    readonly result?: { readonly content?: readonly { readonly text?: string }[] };
    readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** An answer of a node: its messages, whether they come as events or as JSON. */
export class Reply extends WebAnswer {
    get messages(): Message[] {
        if (!this.text.startsWith('{')) return fieldsOf(this.text, 'data').map(data => JSON.parse(data) as Message);
        // JSON counts when it is here in full.
        return this.ended ? [JSON.parse(this.text) as Message] : [];
    }

    get eventIds(): string[] {
        return fieldsOf(this.text, 'id');
    }

    /** Resolves with the first message that meets the condition; undefined when the answer ends without. */
    async message(condition: (message: Message) => boolean = () => true): Promise<Message | undefined> {
        await within(
            this.until(() => this.ended || this.messages.some(condition)),
            'a message'
        );
        return this.messages.find(condition);
    }

    /** Resolves when the answer is here in full, with itself. */
    async whole(): Promise<this> {
        await within(this.end(), 'the end of an answer');
        return this;
    }
}

/** The values of a field that are not empty. */
function fieldsOf(events: string, name: string): string[] {
    return events
        .split('\n')
        .filter(line => line.startsWith(`${name}: `))
        .map(line => line.slice(name.length + 2))
        .filter(value => value.trim() !== '');
}

/** Status, and code and message of the error if there is one: `400 -32000 "Bad Request: …"`. */
export function summary({ status, text, messages }: Reply): string {
    const error = messages.find(message => message.error)?.error;
    if (error === undefined) return text === '' && status >= 400 ? `${status} without a body` : String(status);
    const data = error.data === undefined ? '' : `, data ${JSON.stringify(error.data)}`;
    return `${status} ${error.code} ${JSON.stringify(error.message)}${data}`;
}

/** The text that a tool returned. */
export function toolText(message: Message | undefined): string | undefined {
    return message?.result?.content?.[0]?.text;
}
