import { Command, CommanderError } from 'commander';
import type { Cli } from './cli.js';
import { addDemo } from './commands/demo.js';
import { addDoctor } from './commands/doctor.js';
import { addEnd } from './commands/end.js';
import { addHistory } from './commands/history.js';
import { addList } from './commands/list.js';
import { addMigrate } from './commands/migrate.js';
import { addMonitor } from './commands/monitor.js';
import { addShow } from './commands/show.js';
import { addTail } from './commands/tail.js';
import { exitCodes } from './exitCodes.js';

/** Each adds one command, in the order of the help. */
const commands: readonly ((program: Command, cli: Cli) => void)[] = [
    addList,
    addShow,
    addEnd,
    addTail,
    addMonitor,
    addHistory,
    addMigrate,
    addDoctor,
    addDemo
];

const footer = `
Which backend: --url, or else what the environment names: REDIS_URL, KV_URL, POSTGRES_URL, DATABASE_URL,
KV_REST_API_URL with KV_REST_API_TOKEN, UPSTASH_REDIS_REST_URL with UPSTASH_REDIS_REST_TOKEN.
What is encrypted is read with MCP_SESSIONS_ENCRYPTION_KEYS. A URL in the environment is not seen by others
on this machine, one on the command line may be.

Exit codes: 0 done; 1 something failed, was not found or is out of order; 2 wrong usage.
Colours: on a terminal only; NO_COLOR and FORCE_COLOR are respected.

Examples:
  $ export REDIS_URL=redis://localhost:6379
  $ mcp-sessions list --idle-longer 30m
  $ mcp-sessions doctor
  $ mcp-sessions <command> --help`;

/** Runs a command line, and says by `cli.exitCode` what came of it. Never rejects. */
export async function run(cli: Cli, words: readonly string[], version: string): Promise<void> {
    const program = new Command('mcp-sessions')
        .description('MCP sessions in Redis, Postgres, Upstash or Vercel KV: see them, end them, find out what is wrong.')
        .version(version, '--version', 'the version of this command')
        .helpOption('-h, --help', 'help')
        .addHelpText('after', footer)
        .showSuggestionAfterError()
        .exitOverride()
        .configureOutput({
            writeOut: text => cli.out.write(text),
            writeErr: text => cli.out.note(text.trimEnd()),
            getOutHasColors: () => cli.out.colours.isColorSupported,
            getErrHasColors: () => cli.out.noteColours.isColorSupported
        });
    commands.forEach(add => add(program, cli));
    try {
        await program.parseAsync(operandsLast(program, words), { from: 'user' });
    } catch (error) {
        if (!(error instanceof CommanderError)) {
            throw error;
        }
        // Help that was asked for, and the version, come as errors, too. Commander has said the others by now.
        cli.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    }
}

/**
 * A fingerprint may begin with a dash, and then it would be taken for an option: it is put behind `--`, where nothing is. What
 * stands behind an option that takes a value is left where it is, and so is everything else.
 */
function operandsLast(program: Command, words: readonly string[]): string[] {
    const command = program.commands.find(each => each.name() === words[0]);
    if (!command || command.registeredArguments.length === 0 || words.includes('--')) {
        return [...words];
    }
    const takesValue = (word: string | undefined) =>
        command.options.some(({ long, short, required }) => required && (word === long || word === short));
    const isOperand = (word: string, index: number) =>
        /^-[\w-]{7}$/.test(word) && (!word.startsWith('--') || /[A-Z0-9_]/.test(word)) && !takesValue(words[index - 1]);
    const operands = words.filter(isOperand);
    return operands.length > 0 ? [...words.filter((word, index) => !isOperand(word, index)), '--', ...operands] : [...words];
}
