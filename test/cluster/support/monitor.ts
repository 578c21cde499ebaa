import { connect, type Socket } from 'node:net';

export interface RedisAddress {
    host: string;
    port: number;
    username?: string | undefined;
    password?: string | undefined;
}

/** One command that a Redis was asked to run. */
export interface MonitoredCommand {
    /** Where it came from: the client's address, or `lua` for what a script does. */
    source: string;
    args: string[];
}

const ESCAPED: Record<string, number> = { n: 0x0a, r: 0x0d, t: 0x09, a: 0x07, b: 0x08 };

/**
 * A connection that sent `MONITOR` and does nothing else. A driver whose connection sends other commands as well (`INFO`
 * when it connects, subscriptions when it reconnects) would take their replies for commands, or the other way round.
 */
export class Monitor {
    /** Why no more commands come. */
    failure: Error | undefined;
    readonly #socket: Socket;

    private constructor(socket: Socket) {
        this.#socket = socket;
    }

    /** Resolves when every command from now on is told. */
    static async open({ host, port, username, password }: RedisAddress, onCommand: (command: MonitoredCommand) => void): Promise<Monitor> {
        const socket = connect(port, host);
        const monitor = new Monitor(socket);
        const greetings = password ? [['AUTH', ...(username ? [username] : []), password], ['MONITOR']] : [['MONITOR']];
        socket.write(greetings.map(encode).join(''));
        let repliesLeft = greetings.length;
        await new Promise<void>((resolve, reject) => {
            const fail = (error: Error): void => {
                monitor.failure ??= error;
                reject(error);
                socket.destroy();
            };
            socket.on('error', fail);
            socket.once('close', () => fail(new Error('Redis closed the connection that monitors it')));
            onLines(socket, line => {
                if (!line.startsWith('+')) return fail(new Error(`MONITOR was answered ${line}`));
                if (repliesLeft === 0) return onCommand(parseMonitorLine(line));
                if (--repliesLeft === 0) resolve();
            });
        });
        return monitor;
    }

    close(): void {
        this.#socket.destroy();
    }
}

/** `+1339518083.107412 [0 127.0.0.1:60866] "set" "k\x00" "a \"quoted\" value"` */
export function parseMonitorLine(line: string): MonitoredCommand {
    const [, source = '', quoted = ''] = /^\+[\d.]+ \[\d+ ([^\]]*(?:\][^\]]*)*?)\] (?=")(.*)$/s.exec(line) ?? [];
    return { source, args: [...quoted.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, text = '']) => unescape(text)) };
}

function unescape(text: string): string {
    const bytes: number[] = [];
    for (const [piece, hex, letter] of text.matchAll(/\\x([0-9a-f]{2})|\\(.)|[^\\]/gis)) {
        if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
        else bytes.push((letter !== undefined ? ESCAPED[letter] : undefined) ?? (letter ?? piece).charCodeAt(0));
    }
    return Buffer.from(bytes).toString();
}

const encode = (args: string[]): string => `*${args.length}\r\n${args.map(arg => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`;

function onLines(socket: Socket, onLine: (line: string) => void): void {
    let rest = '';
    // One character per byte: Redis escapes every byte that is not ASCII.
    socket.setEncoding('latin1').on('data', (chunk: string) => {
        const lines = `${rest}${chunk}`.split('\r\n');
        rest = lines.pop() ?? '';
        lines.forEach(onLine);
    });
}
