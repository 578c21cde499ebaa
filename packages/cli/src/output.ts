import pc from 'picocolors';
import { printable, safeJson, shortened } from './printable.js';

/** A stream as `process.stdout` is one. */
export interface OutputStream {
    readonly isTTY?: boolean | undefined;
    readonly columns?: number | undefined;
    write(text: string, done?: () => void): unknown;
    on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface Column {
    readonly title: string;
    /** Characters that a cell may have. @default 40 */
    readonly most?: number;
}

export type Colours = ReturnType<typeof pc.createColors>;

/** What a command has to say: results on standard output, everything else on standard error. */
export class Output {
    /** Of standard output. */
    readonly colours: Colours;
    /** Of standard error. */
    readonly noteColours: Colours;
    private widths: number[] | undefined;
    private hasProgress = false;
    private isClosed = false;

    /** @param onclosed called once, when nothing more can be printed: without an error when nobody reads it any more (`| head`). */
    constructor(
        private readonly stdout: OutputStream,
        private readonly stderr: OutputStream,
        env: Readonly<Record<string, string | undefined>>,
        onclosed: (error?: Error) => void
    ) {
        this.colours = pc.createColors(hasColours(stdout, env));
        this.noteColours = pc.createColors(hasColours(stderr, env));
        stdout.on('error', error => {
            if (!this.isClosed) {
                this.isClosed = true;
                onclosed((error as NodeJS.ErrnoException).code === 'EPIPE' ? undefined : error);
            }
        });
        stderr.on('error', () => undefined); // There is nobody left to tell.
    }

    /** Whether a person sees what is printed. */
    get isTerminal(): boolean {
        return this.stdout.isTTY === true;
    }

    /** Columns of the terminal, or undefined. */
    get columns(): number | undefined {
        return this.isTerminal ? this.stdout.columns : undefined;
    }

    /** One line of a result. Text of others goes through `printable` first. */
    line(text = ''): void {
        this.write(`${text}\n`);
    }

    /** Text without an end of line: for screens that are drawn. */
    write(text: string): void {
        this.endProgress();
        if (!this.isClosed) {
            this.stdout.write(text);
        }
    }

    /** One result as one line of JSON. */
    json(value: unknown): void {
        this.line(safeJson(value));
    }

    /** Rows under a header. Called again it goes on with the same widths, so that a long table can come in pieces. */
    table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
        const cells = rows.map(row => row.map((text, index) => shortened(printable(text), columns[index]?.most ?? 40)));
        const isFirst = this.widths === undefined;
        this.widths ??= columns.map(({ title }, index) => Math.max(title.length, ...cells.map(row => [...(row[index] ?? '')].length)));
        const padded = (row: readonly string[]) =>
            row
                .map((text, index) => text + ' '.repeat(Math.max(0, (this.widths?.[index] ?? 0) - [...text].length)))
                .join('  ')
                .trimEnd();
        if (isFirst) {
            this.line(this.colours.dim(padded(columns.map(({ title }) => title))));
        }
        cells.forEach(row => this.line(padded(row)));
    }

    /** Something that a person should know and that is no result; one line. */
    note(text: string): void {
        this.endProgress();
        this.stderr.write(`${text}\n`);
    }

    /** The same without an end of line: a question. */
    ask(text: string): void {
        this.endProgress();
        this.stderr.write(text);
    }

    /** How far a long command is, in place of what it said before; on a terminal only. */
    progress(text: string): void {
        if (this.stderr.isTTY === true) {
            this.hasProgress = true;
            this.stderr.write(`\r\u001b[K${this.noteColours.dim(text)}`);
        }
    }

    /** Resolves when what was printed has been handed over to the system. */
    async flushed(): Promise<void> {
        const written = (stream: OutputStream) => new Promise<void>(resolve => void stream.write('', () => resolve()));
        await Promise.all([written(this.stdout), written(this.stderr)]);
    }

    endProgress(): void {
        if (this.hasProgress) {
            this.hasProgress = false;
            this.stderr.write('\r\u001b[K');
        }
    }
}

/** https://no-color.org, https://force-color.org */
function hasColours(
    stream: OutputStream,
    { NO_COLOR = '', FORCE_COLOR = '', TERM }: Readonly<Record<string, string | undefined>>
): boolean {
    if (NO_COLOR !== '') {
        return false;
    }
    return FORCE_COLOR === '' ? stream.isTTY === true && TERM !== 'dumb' : FORCE_COLOR !== '0';
}
