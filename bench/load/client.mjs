import { messageOf } from './answer.mjs';
import { INITIALIZE, INITIALIZED, PROTOCOL_VERSION, checkEcho, echoCall } from './messages.mjs';
import { Connection } from './connection.mjs';
import { Traffic } from './traffic.mjs';

const SESSION_ID = /\r\nmcp-session-id: *(\S+)/i;

/** The connections to one server, and what can be sent over them. */
export class Client {
    #connections;
    #sessionHeaders = [];
    /** Headers of the sessions that were opened last, of a crowd. */
    #recent = [];
    #sequence = 0;

    static async open(port, connections) {
        return new Client(await Promise.all(Array.from({ length: connections }, () => Connection.open(port))));
    }

    constructor(connections) {
        this.#connections = connections;
    }

    /** Opens a session per connection, over which `call` works from then on. Returns the ids. */
    async openSessions() {
        this.#sessionHeaders = await Promise.all(
            this.#connections.map((_, lane) => new Promise((resolve, reject) => this.#initialize(lane, resolve, reject)))
        );
        return this.#sessionHeaders.map(headers => SESSION_ID.exec(`\r\n${headers}`)[1]);
    }

    /** Opens so many sessions, one after another on each connection, and leaves them idle. */
    async fill(count) {
        let left = count;
        const work = async lane => {
            while (left-- > 0) await new Promise((resolve, reject) => this.#initialize(lane, resolve, reject));
        };
        await Promise.all(this.#connections.map((_, lane) => work(lane)));
    }

    /** Opens so many sessions; for each so many `calls` on those that were opened last. Leaves all but `active` of them alone. */
    async crowd(count, active, calls) {
        let left = count;
        const work = async lane => {
            while (left-- > 0) {
                this.#recent.push(await new Promise((resolve, reject) => this.#initialize(lane, resolve, reject)));
                if (this.#recent.length > active) this.#recent.shift();
                for (let call = 0; call < calls; call++) {
                    const headers = this.#recent[Math.floor(Math.random() * this.#recent.length)];
                    await new Promise((resolve, reject) => this.#callIn(headers, lane, resolve, reject));
                }
            }
        };
        await Promise.all(this.#connections.map((_, lane) => work(lane)));
    }

    /** @param {'call' | 'initialize' | 'bare'} kind */
    slice(kind, ms) {
        const send = {
            call: (lane, done, failed) => this.#call(lane, done, failed),
            initialize: (lane, done, failed) => this.#initialize(lane, done, failed),
            bare: (lane, done, failed) => this.#bareCall(lane, done, failed)
        };
        return new Traffic(this.#connections.length, send[kind]).run(ms);
    }

    close() {
        for (const connection of this.#connections) connection.close();
    }

    #call(lane, done, failed) {
        this.#callIn(this.#sessionHeaders[lane], lane, done, failed);
    }

    #callIn(sessionHeaders, lane, done, failed) {
        const call = echoCall(++this.#sequence);
        const answered = answer => {
            checkEcho(messageOf(answer), call);
            done();
        };
        this.#connections[lane].post(sessionHeaders, JSON.stringify(call), answered, failed);
    }

    /** `initialize` and `initialized`, as one piece of work. */
    #initialize(lane, done, failed) {
        const connection = this.#connections[lane];
        connection.post('', INITIALIZE, opened, failed);

        function opened(answer) {
            const message = messageOf(answer);
            const id = SESSION_ID.exec(answer.head)?.[1];
            if (id === undefined || message.result?.protocolVersion !== PROTOCOL_VERSION) {
                throw new Error(`initialize was answered with ${answer.head}\n${answer.body}`);
            }
            const headers = `mcp-session-id: ${id}\r\nmcp-protocol-version: ${PROTOCOL_VERSION}\r\n`;
            connection.post(headers, INITIALIZED, confirmed, failed);

            function confirmed({ status, body }) {
                if (status !== 202) throw new Error(`initialized was answered with ${status}: ${body}`);
                done(headers);
            }
        }
    }

    #bareCall(lane, done, failed) {
        const answered = answer => {
            if (messageOf(answer).id !== 1) throw new Error(`Not the fixed answer: ${answer.body}`);
            done();
        };
        this.#connections[lane].post('', JSON.stringify(echoCall(++this.#sequence)), answered, failed);
    }
}
