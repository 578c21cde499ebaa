// Puts changes of the series into a clone of modelcontextprotocol/typescript-sdk: npm run upstream -- --help

import { command } from './command.js';

const { code, output } = command(process.argv.slice(2));
console[code === 0 ? 'log' : 'error'](output);
process.exitCode = code;
