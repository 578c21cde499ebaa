import { describe, expect, it } from 'vitest';
import type { EventStream } from '../../src/transport/eventStream.js';
import { LogTail } from '../../src/transport/logTail.js';

describe('a stream that is passed on from the log', () => {
    it('L4, L7: says at once how far its client was given it, to who takes it over', async () => {
        const message = { jsonrpc: '2.0' as const, method: 'notifications/message' };
        let tell: (delivered: string) => void = () => undefined;
        const told = new Promise<string>(resolve => (tell = resolve));
        const stream: Partial<EventStream> = {
            isClosed: false,
            room: () => Promise.resolve(),
            send: () => {
                // The earliest that anybody else of this process can be next.
                queueMicrotask(() => tell(tail.delivered));
                return true;
            }
        };
        const tail: LogTail = new LogTail({
            stream: stream as EventStream,
            reader: 'reader',
            position: '0',
            read: () => Promise.resolve({ reader: 'reader', events: [{ position: '1', message }], position: '2', more: false }),
            eventIdAt: position => position,
            onpassed: () => undefined,
            onresponse: () => false,
            onlost: () => undefined,
            onerror: error => {
                throw error;
            }
        });
        tail.wake();
        expect(await told).not.toBe('0');
    });
});
