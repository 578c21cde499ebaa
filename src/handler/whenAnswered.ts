import type { Exchange } from '../transport/exchange.js';

/** Not a registered status: servers log it for a client that did not wait. It never goes out. */
const clientClosedRequest = 499;

/**
 * Calls back once: when an exchange has its whole answer, or when its client has gone. Must be called before anybody answers;
 * nothing of the answer changes.
 */
export function whenAnswered(exchange: Exchange, tell: (status: number) => void): void {
    const reply = exchange.reply.bind(exchange);
    const openStream = exchange.openStream.bind(exchange);
    const onAbort = exchange.onAbort.bind(exchange);
    let status = clientClosedRequest;
    let isOver = false;
    const end = (): void => {
        if (!isOver) {
            isOver = true;
            tell(status);
        }
    };
    exchange.reply = answer => {
        reply(answer);
        status = isOver ? status : answer.status;
        end();
    };
    exchange.onAbort = listener =>
        onAbort(() => {
            listener();
            end();
        });
    exchange.openStream = headers => {
        const sink = openStream(headers);
        for (const how of ['end', 'abort'] as const) {
            const original = sink[how].bind(sink);
            sink[how] = () => {
                original();
                end();
            };
        }
        const release = sink.release.bind(sink);
        sink.release = () => {
            release();
            status = 200;
        };
        return sink;
    };
}
