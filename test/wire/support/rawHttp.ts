import { connect, type Socket } from 'node:net';
import { Answer, sorted } from './answer.js';

/** One HTTP/1.1 connection whose bytes are under the test's control. */
export class RawConnection {
    private buffer = Buffer.alloc(0);
    private closed = false;
    private onChange: (() => void) | undefined;
    /** Resolves when the connection is closed, by either side. */
    readonly whenClosed: Promise<void>;

    private constructor(readonly socket: Socket) {
        socket.on('data', (bytes: Buffer) => {
            this.buffer = Buffer.concat([this.buffer, bytes]);
            this.onChange?.();
        });
        // A server that cuts the connection is a result, which the tests look at.
        socket.on('error', () => this.socket.destroy());
        this.whenClosed = new Promise(resolve => {
            socket.on('close', () => {
                this.closed = true;
                this.onChange?.();
                resolve();
            });
        });
    }

    static async open(port: number): Promise<RawConnection> {
        const socket = connect({ port, host: '127.0.0.1', noDelay: true });
        const connection = new RawConnection(socket);
        await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
        return connection;
    }

    get localPort(): number {
        return this.socket.localPort as number;
    }

    write(data: string | Uint8Array): void {
        this.socket.write(data);
    }

    /** The next answer on this connection, as soon as its head is here. */
    async answer({ withoutBody = false, onDisconnect = async () => {} }: AnswerSettings = {}): Promise<Answer> {
        const head = (await this.take(() => this.lengthOfHead())).toString('latin1').trimEnd().split('\r\n');
        const status = Number(head[0]?.split(' ')[1]);
        return new RawAnswer(this, status, head.slice(1), withoutBody || status === 204 || status === 304, onDisconnect);
    }

    /** Resolves with the next bytes, as many as the condition names; rejects when the connection closes before. */
    async take(length: () => number | undefined): Promise<Buffer> {
        for (;;) {
            const wanted = length();
            if (wanted !== undefined && wanted <= this.buffer.length) {
                const taken = this.buffer.subarray(0, wanted);
                this.buffer = this.buffer.subarray(wanted);
                return taken;
            }
            if (this.closed) {
                throw new Error(`The connection was closed. Unread: ${this.buffer.toString()}`);
            }
            await new Promise<void>(resolve => (this.onChange = resolve));
        }
    }

    /** Bytes that have come and were not taken yet. */
    get unread(): number {
        return this.buffer.length;
    }

    /** Length of what comes up to and including the mark, once it is here. */
    upTo(mark: string): number | undefined {
        const index = this.buffer.indexOf(mark);
        return index < 0 ? undefined : index + mark.length;
    }

    private lengthOfHead(): number | undefined {
        return this.upTo('\r\n\r\n');
    }
}

interface AnswerSettings {
    /** For the answer to HEAD. */
    withoutBody?: boolean;
    /** Resolves when the server has noticed that its client went away. */
    onDisconnect?: () => Promise<void>;
}

class RawAnswer extends Answer {
    private readonly decoder = new TextDecoder();

    constructor(
        private readonly connection: RawConnection,
        status: number,
        lines: readonly string[],
        withoutBody: boolean,
        private readonly onDisconnect: () => Promise<void>
    ) {
        super(status, sorted(lines));
        if (withoutBody) {
            this.over(true);
        } else {
            this.readBody().then(
                () => this.over(true),
                () => this.over(false)
            );
        }
    }

    async disconnect(): Promise<void> {
        this.connection.socket.destroy();
        await this.onDisconnect();
    }

    private async readBody(): Promise<void> {
        const length = this.header('content-length');
        if (length !== undefined) {
            this.read(await this.connection.take(() => Number(length)));
            return;
        }
        if (this.header('transfer-encoding') !== 'chunked') {
            await this.connection.whenClosed;
            this.read(await this.connection.take(() => this.connection.unread));
            return;
        }
        for (;;) {
            const line = await this.connection.take(() => this.connection.upTo('\r\n'));
            const size = Number.parseInt(line.toString('latin1'), 16);
            const chunk = await this.connection.take(() => size + 2);
            if (size === 0) {
                return;
            }
            this.read(chunk.subarray(0, size));
        }
    }

    private read(bytes: Uint8Array): void {
        this.arrived(this.decoder.decode(bytes, { stream: true }));
    }
}
