import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { CASES } from './plan.mjs';

const RESULTS = new URL('./results/', import.meta.url);

/** Saves one case, and the list of all that are saved. */
export async function save(name, result, report) {
    mkdirSync(RESULTS, { recursive: true });
    await write(`${name}.json`, renderJson(result));
    await write(`${name}.md`, report);
    await write('README.md', renderList());
    console.log(`Saved in bench/results/${name}.md, with every round in ${name}.json.`);
}

async function write(name, text) {
    const file = new URL(name, RESULTS);
    const filepath = fileURLToPath(file);
    writeFileSync(file, await format(text, { ...(await resolveConfig(filepath)), filepath }));
}

/** Readable differences: a line per round. */
function renderJson(result) {
    const text = JSON.stringify(result, (key, value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value), 1);
    return `${text.replace(/\{[^{}]*\}/g, object => object.replace(/\s*\n\s*/g, ' '))}\n`;
}

function renderList() {
    const rows = Object.entries(CASES)
        .filter(([name]) => existsSync(new URL(`${name}.json`, RESULTS)))
        .map(([name, { title }]) => {
            const { machine } = JSON.parse(readFileSync(new URL(`${name}.json`, RESULTS), 'utf8'));
            return `| [${title}](${name}.md) | ${machine.date} | ${machine.commit} |`;
        });
    return `# Results\n\nHow they were made, and how to read them: [bench](../README.md).\n\n| what | measured | commit |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}
