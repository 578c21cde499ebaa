import { toError } from '../errors.js';
import type { BusListener, MessageBus } from '../ports/messageBus.js';
import { toBase64 } from './base64.js';
import { Sealer, type EncryptionOptions } from './sealer.js';

/** A node's messages are encrypted with a key of its own, and with a new one after this many. */
const messagesPerKey = 2 ** 28;
const saltBytes = 16;
/** Of the form `<salt>~<sealed text>`. */
const separator = '~';

/**
 * The bus, with messages that only who has the keys can read or make. Addresses stay as they are: they hold ids of nodes and
 * digests of session ids. A message that cannot be decrypted is dropped.
 *
 * @throws SessionError `CONFIGURATION` where a key cannot be used.
 */
export function encryptMessageBus(bus: MessageBus, options: EncryptionOptions): MessageBus {
    return sealedBus(bus, new Sealer(options));
}

export function sealedBus(bus: MessageBus, sealer: Sealer): MessageBus {
    const { polls, close } = bus;
    const sender = new Sender(sealer);
    return {
        publish: async (address, message) => bus.publish(address, await sender.seal(address, message)),
        subscribe: (address, listener) => subscribe(bus, sealer, address, listener),
        ...(polls !== undefined && { polls }),
        ...(close && { close: () => close.call(bus) })
    };
}

/** Seals messages, and gives them back in the order in which they came. */
class Sender {
    private ownSalt: string | undefined;
    private count = 0;
    private before: Promise<unknown> = Promise.resolve();

    constructor(private readonly sealer: Sealer) {}

    seal(address: string, message: string): Promise<string> {
        if (this.sealer.writesPlain) {
            return Promise.resolve(message);
        }
        if (++this.count > messagesPerKey) {
            this.count = 1;
            this.ownSalt = undefined;
        }
        const salt = (this.ownSalt ??= newSalt());
        const sealing = this.sealer.seal(scopeOf(salt), placeOf(address), message);
        const inTurn = Promise.all([sealing, this.before]).then(([sealed]) => `${salt}${separator}${sealed}`);
        this.before = inTurn.catch(() => undefined);
        return inTurn;
    }
}

async function subscribe(bus: MessageBus, sealer: Sealer, address: string, listener: BusListener) {
    let isOpen = true;
    let before: Promise<unknown> = Promise.resolve();
    /** One after the other, in the order in which they came, however long it takes to decrypt each. */
    const inTurn = (tell: () => Promise<void> | void): void => {
        before = before.then(tell).catch((error: unknown) => sealer.report(toError(error)));
    };
    const subscription = await bus.subscribe(address, {
        onMessage: text => {
            const opening = open(sealer, address, text);
            inTurn(async () => {
                const message = await opening;
                if (isOpen && message !== undefined) {
                    listener.onMessage(message);
                }
            });
        },
        onGap: () => inTurn(() => (isOpen ? listener.onGap() : undefined))
    });
    return {
        close: () => {
            isOpen = false;
            return subscription.close();
        }
    };
}

async function open(sealer: Sealer, address: string, text: string): Promise<string | undefined> {
    const [, salt, sealed] = /^([\w+/]{22})~(\d+\..*)$/s.exec(text) ?? [];
    if (salt === undefined || sealed === undefined) {
        if (sealer.acceptsPlain) {
            return text;
        }
        sealer.reportUnreadable('A message on the bus');
        return undefined;
    }
    const opened = await sealer.open(scopeOf(salt), placeOf(address), sealed);
    if (!opened) {
        sealer.reportUnreadable('A message on the bus');
    }
    return opened?.text;
}

function newSalt(): string {
    return toBase64(crypto.getRandomValues(new Uint8Array(saltBytes)));
}

function scopeOf(salt: string): string {
    return `bus ${salt}`;
}

function placeOf(address: string) {
    return ['bus', address];
}
