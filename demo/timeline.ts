const COLOURS = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;
type Colour = keyof typeof COLOURS;

/** What a line is about; `client` is what the client does and sees, the rest is done to the servers. */
export type Actor = 'client' | 'nodes' | 'KILL' | 'CUT' | 'START' | 'REPLACE';

/** One line: what was done to nodes, or a call and the nodes that served it, by their names. */
export interface Entry {
    readonly seconds: number;
    readonly actor: Actor;
    readonly what: string;
    readonly nodes: readonly string[];
    /** Of a call. */
    readonly result?: { readonly ok: boolean; readonly text: string };
}

const ACTOR_COLOUR: Record<Actor, Colour> = { client: 'cyan', nodes: 'dim', KILL: 'red', CUT: 'red', START: 'green', REPLACE: 'yellow' };

/** Prints what happens in aligned columns: when, who, what, by which node, and with which result. */
export class Timeline {
    readonly entries: Entry[] = [];
    #start = performance.now();
    readonly #coloured = process.stdout.isTTY === true && !process.env['NO_COLOR'];

    title(text: string): void {
        this.#print(`\n  ${this.#paint('bold', text)}`);
    }

    note(text = ''): void {
        this.#print(`  ${text}`);
    }

    /** The clock starts here. */
    header(): void {
        this.#start = performance.now();
        this.#print(`\n  ${this.#paint('dim', '  time  who      what                                 served by      result')}`);
    }

    /** @param nodes the names of those that it is done to. */
    event(actor: Actor, what: string, nodes: readonly string[] = []): void {
        this.entries.push({ seconds: this.#seconds(), actor, what, nodes });
        this.#print(`  ${this.#time()}  ${this.#paint(ACTOR_COLOUR[actor], actor.padEnd(8))} ${what}`);
    }

    call(what: string, servedBy: readonly string[], result: string, ok: boolean): void {
        this.entries.push({ seconds: this.#seconds(), actor: 'client', what, nodes: servedBy, result: { ok, text: result } });
        const nodes = servedBy.join(' ');
        const outcome = this.#paint(ok ? 'green' : 'red', ok ? 'ok' : 'FAILED');
        this.#print(
            `  ${this.#time()}  ${this.#paint('cyan', 'client'.padEnd(8))} ${what.padEnd(36)} ${nodes.padEnd(14)} ${outcome}${result && `  ${result}`}`
        );
    }

    verdict(ok: boolean, lines: readonly string[], word = ok ? 'PASSED' : 'FAILED'): void {
        const [first = '', ...rest] = lines;
        this.#print(`\n  ${this.#paint(ok ? 'green' : 'red', word)}  ${first}`);
        for (const line of rest) this.#print(`${' '.repeat(word.length + 4)}${line}`);
        this.#print('');
    }

    #time(): string {
        return this.#paint('dim', `${this.#seconds().toFixed(1).padStart(4)} s`);
    }

    #seconds(): number {
        return (performance.now() - this.#start) / 1000;
    }

    #paint(colour: Colour, text: string): string {
        return this.#coloured ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
    }

    #print(line: string): void {
        console.log(line);
    }
}
