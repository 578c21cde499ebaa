import { once } from 'node:events';
import { connect } from 'node:net';
import { parseAnswer } from './answer.mjs';

const RECEIVE_BYTES = 16 * 1024;

/**
 * One keep-alive connection with at most one request in flight. It is written by hand because the client shares the
 * machine with the server: `http.request` would cost as much as what is measured.
 */
export class Connection {
    #socket;
    #received = '';
    #waiting;
    #fixedHead;

    /** @returns {Promise<Connection>} */
    static async open(port) {
        let connection;
        // Into one buffer that is used again and again, and past the machinery of readable streams.
        const onread = {
            buffer: Buffer.allocUnsafe(RECEIVE_BYTES),
            callback: (length, buffer) => {
                connection.#read(buffer.latin1Slice(0, length));
                return true;
            }
        };
        const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
        connection = new Connection(socket, port);
        await once(socket, 'connect');
        return connection;
    }

    constructor(socket, port) {
        this.#socket = socket;
        // The headers of the official client, since a server pays for each of them.
        this.#fixedHead =
            `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: keep-alive\r\ncontent-type: application/json\r\n` +
            'accept: application/json, text/event-stream\r\naccept-language: *\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\n' +
            'accept-encoding: gzip, deflate\r\n';
        socket.on('error', error => this.#fail(error));
        socket.on('close', () => this.#fail(new Error('The server closed the connection')));
    }

    /**
     * @param {string} sessionHeaders '' or whole header lines
     * @param {string} body ASCII
     * @param {(answer: import('./answer.mjs').Answer) => void} answered may throw; then `failed` is called
     */
    post(sessionHeaders, body, answered, failed) {
        this.#waiting = { answered, failed };
        this.#socket.write(`${this.#fixedHead}${sessionHeaders}content-length: ${body.length}\r\n\r\n${body}`, 'latin1');
    }

    close() {
        this.#waiting = undefined;
        this.#socket.destroy();
    }

    #read(text) {
        this.#received = this.#received === '' ? text : this.#received + text;
        const waiting = this.#waiting;
        try {
            const answer = parseAnswer(this.#received);
            if (answer === undefined) return;
            if (waiting === undefined) throw new Error(`An answer that nobody asked for: ${this.#received.slice(0, 200)}`);
            this.#received = '';
            this.#waiting = undefined;
            waiting.answered(answer);
        } catch (error) {
            this.#waiting = waiting;
            this.#fail(error);
        }
    }

    #fail(error) {
        const waiting = this.#waiting;
        this.#waiting = undefined;
        this.#socket.destroy();
        waiting?.failed(error);
    }
}
