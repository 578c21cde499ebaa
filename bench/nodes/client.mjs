/** A client reduced to its HTTP requests, which chooses the node of each. */
export class Client {
    #sessionId;
    #nextId = 1;

    constructor(ports) {
        this.urls = ports.map(port => `http://127.0.0.1:${port}/mcp`);
    }

    async begin(node = 0) {
        const params = {
            protocolVersion: '2025-11-25',
            capabilities: { elicitation: {} },
            clientInfo: { name: 'bench', version: '1.0.0' }
        };
        const response = await this.post(node, { jsonrpc: '2.0', id: 0, method: 'initialize', params });
        this.#sessionId = response.headers.get('mcp-session-id');
        await response.text();
        await (await this.post(node, { jsonrpc: '2.0', method: 'notifications/initialized' })).text();
    }

    /** @returns {Promise<Events>} */
    async tool(node, name, args = {}) {
        const id = this.#nextId++;
        return new Events(await this.post(node, { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } }));
    }

    async post(node, message) {
        return this.#send(
            node,
            'POST',
            { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
            JSON.stringify(message)
        );
    }

    async get(node, lastEventId) {
        const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
        return new Events(await this.#send(node, 'GET', headers));
    }

    async end(node) {
        await (await this.#send(node, 'DELETE', {})).text();
    }

    async #send(node, method, headers, body) {
        const session = this.#sessionId ? { 'mcp-session-id': this.#sessionId } : {};
        const response = await fetch(this.urls[node], { method, headers: { ...headers, ...session }, body });
        if (!response.ok) throw new Error(`${method}: ${response.status} ${await response.text()}`);
        return response;
    }
}

/** The events of one stream, one by one. */
export class Events {
    lastEventId = '';
    #reader;
    #decoder = new TextDecoder();
    #text = '';

    constructor(response) {
        this.#reader = response.body.getReader();
    }

    /** The next message; undefined at the end of the stream. */
    async next() {
        for (;;) {
            const end = this.#text.indexOf('\n\n');
            if (end < 0) {
                const { done, value } = await this.#reader.read();
                if (done) return undefined;
                this.#text += this.#decoder.decode(value, { stream: true });
                continue;
            }
            const event = this.#text.slice(0, end);
            this.#text = this.#text.slice(end + 2);
            this.lastEventId = /^id: (.*)$/m.exec(event)?.[1] ?? this.lastEventId;
            const data = /^data: (.+)$/m.exec(event)?.[1];
            if (data) return JSON.parse(data);
        }
    }

    /** Reads to the end and says how many messages there were. */
    async count() {
        let count = 0;
        while (await this.next()) count++;
        return count;
    }

    async cut() {
        await this.#reader.cancel();
    }
}
