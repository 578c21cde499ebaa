import type { HandleRequestOptions } from './options.js';
import { StreamableHttpTransport } from './transport.js';
import { WebExchange } from './webExchange.js';

/** The Streamable HTTP server transport for the fetch API: Hono, Next.js, Bun, Deno, Cloudflare Workers. */
export class WebStreamableHttpTransport extends StreamableHttpTransport {
    override get sessionId(): string | undefined {
        return super.sessionId;
    }

    /** Can be set in memory mode, as in SDK 1.32. */
    override set sessionId(sessionId: string | undefined) {
        this.assignSessionId(sessionId);
    }

    /**
     * Answers one request. For an event stream the response is there as soon as its head is; its body goes on.
     * Rejects only when a stateless transport is used a second time.
     */
    async handleRequest(request: Request, options: HandleRequestOptions = {}): Promise<Response> {
        const exchange = new WebExchange(request, options);
        await this.handle(exchange);
        return exchange.response;
    }
}
