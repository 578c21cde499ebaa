import { renderNodes } from './nodes/report.mjs';
import { AIMS, CASES, SERVERS } from './plan.mjs';

/** Above this share of a core the load generator, not the server, sets the throughput. */
const LOAD_LIMIT = 0.85;

/** How far official against official may be from 1. */
const TOLERANCE = 0.03;

const LEGEND =
    'In each cell: the official package, or what the title names in its place → the server of that row. **×** is the ratio of the two, the median over the rounds, with the quartiles in brackets.';

const COLUMNS = {
    cpu: { title: 'CPU per request, µs', digits: value => value.toFixed(value < 20 ? 1 : 0) },
    throughput: { title: 'requests/s', digits: value => value.toFixed(0) },
    p50: { title: 'p50, ms', digits: value => value.toFixed(2) },
    p99: { title: 'p99, ms', digits: value => value.toFixed(2) }
};

/**
 * The result of one case as Markdown.
 *
 * @param result with `same`, the ratio of official to official, where that was measured in the same run
 */
export function renderReport({ machine, timing, same = 1, comparisons = [], idle = [], crowds = [], stored = [], nodes }) {
    const cases = [...new Set(comparisons.map(({ case: name }) => name))];
    const parts = [
        '# Bench',
        renderMachine(machine, timing),
        ...(comparisons.length > 0 ? [LEGEND] : []),
        ...renderDoubts(same, comparisons),
        ...cases.flatMap(name => renderCase(name, comparisons)),
        ...(idle.length > 0 ? renderIdle(idle, timing) : []),
        ...(crowds.length > 0 ? renderCrowds(crowds, timing.crowd) : []),
        ...(stored.length > 0 ? renderStored(stored, timing) : []),
        ...(nodes === undefined ? [] : renderNodes(nodes)),
        ...renderVerdict(comparisons)
    ];
    return `${parts.join('\n\n')}\n`;
}

function renderMachine(machine, timing) {
    const stores = machine.stores.map(store => `, ${store}`).join('');
    return (
        `${machine.date}, ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}${stores}, ` +
        `official SDK ${machine.official}, commit ${machine.commit}. ${timing.connections} connections, ` +
        `${timing.starts} × ${timing.rounds} rounds of two slices of ${timing.sliceMs} ms. Load generator, servers and stores share the machine.`
    );
}

/** What speaks against these figures, where something does. */
function renderDoubts(same, comparisons) {
    const cold = comparisons.filter(({ isWarm }) => !isWarm);
    return [
        ...(Math.abs(same - 1) > TOLERANCE
            ? [`**The machine was too busy to measure on:** official against official differ by more than ${TOLERANCE}.`]
            : []),
        ...(cold.length > 0
            ? [
                  `**Not warmed up in full**, so that the official package, which has more code to compile, looks worse than it is: ${cold.map(name).join('; ')}.`
              ]
            : [])
    ];

    function name(comparison) {
        return `${comparison.case}, ${SERVERS[comparison.contender].label}`;
    }
}

function renderCase(name, comparisons) {
    const { title } = CASES[name];
    const rows = comparisons.filter(comparison => comparison.case === name);
    const limited = rows.some(({ summary }) => summary.loadBusy > LOAD_LIMIT);
    const table = [
        `| server | ${Object.values(COLUMNS)
            .map(column => `${column.title} | ×`)
            .join(' | ')} |`,
        `| --- |${' ---: | --- |'.repeat(Object.keys(COLUMNS).length)}`,
        ...rows.map(renderRow)
    ];
    const note = ['\\* The load generator was at its limit: the server could do more.'];
    return [`## ${title}`, table.join('\n'), ...rows.flatMap(renderStore), ...(limited ? note : [])];
}

/** What a row's store adds: its process is not part of the CPU in the table. */
function renderStore({ contender, summary: { store } }) {
    if (store === undefined) return [];
    return [
        `The store of "${SERVERS[contender].label}": ${store.calls.toFixed(2)} round trips per request` +
            (Number.isFinite(store.cpu) ? `, and ${store.cpu.toFixed(1)} µs of its own CPU.` : '.')
    ];
}

function renderRow({ contender, summary }) {
    const cells = Object.entries(COLUMNS).flatMap(([name, { digits }]) => {
        const { baseline, contender: own, ratio } = summary[name];
        const mark = name === 'throughput' && summary.loadBusy > LOAD_LIMIT ? '\\*' : '';
        return [`${digits(baseline)} → ${digits(own)}${mark}`, renderRatio(ratio)];
    });
    return `| ${SERVERS[contender].label} | ${cells.join(' | ')} |`;
}

function renderRatio({ median, low, high }) {
    return `**${median.toFixed(2)}** (${low.toFixed(2)}–${high.toFixed(2)})`;
}

function renderIdle(idle, timing) {
    const tools = timing.tools;
    const kib = result => `${(result.heapBytes / 1024).toFixed(1)} KiB`;
    const find = (server, count) => idle.find(entry => entry.server === server && entry.tools === count);
    const servers = [...new Set(idle.map(entry => entry.server))];
    const row = server =>
        tools.map(
            count => `${kib(find(server, count))} | **${(find(server, count).heapBytes / find('official', count).heapBytes).toFixed(2)}**`
        );
    const table = [
        `| server | ${tools.map(count => `${count === 1 ? 'one tool' : `${count} tools`} | ×`).join(' | ')} |`,
        `| --- |${' ---: | --- |'.repeat(tools.length)}`,
        ...servers.map(server => `| ${SERVERS[server].label} | ${row(server).join(' | ')} |`)
    ];
    return [`## ${CASES.memory.title}, at ${timing.idleSessions} sessions`, table.join('\n')];
}

function renderCrowds(crowds, { active, calls, localIdleMs, ttlSeconds }) {
    const [longest] = crowds.map(({ samples }) => samples).sort((one, other) => other.length - one.length);
    const mib = bytes => (bytes === undefined ? '' : `${(bytes / 2 ** 20).toFixed(0)} MiB`);
    const columns = crowds.flatMap(({ server, samples: [{ storeBytes }] }) => [
        { title: `${SERVERS[server].label}: heap`, cell: index => mib(sampleOf(server, index).heapBytes) },
        { title: 'sessions held', cell: index => sampleOf(server, index).held ?? '' },
        ...(storeBytes === undefined ? [] : [{ title: 'its store', cell: index => mib(sampleOf(server, index).storeBytes) }])
    ]);
    const sampleOf = (server, index) => crowds.find(entry => entry.server === server).samples[index] ?? {};
    const table = [
        `| sessions begun | ${columns.map(({ title }) => title).join(' | ')} |`,
        `| ---: |${' ---: |'.repeat(columns.length)}`,
        ...longest.map(({ begun }, index) => `| ${begun} | ${columns.map(({ cell }) => cell(index)).join(' | ')} |`)
    ];
    const took = crowds.map(({ server, seconds }) => `${SERVERS[server].label} ${seconds.toFixed(0)} s`).join(', ');
    return [
        `## ${CASES.crowd.title}`,
        `${active} sessions in use at a time, ${calls} calls for each that begins, no DELETE. As fast as the server goes (${took}), so the ` +
            `handler's \`localIdleMs\` is ${localIdleMs} and the store's \`ttlSeconds\` ${ttlSeconds} here.`,
        table.join('\n')
    ];
}

function renderStored(stored, timing) {
    const rows = stored.map(({ server, record, log }) => `| ${SERVERS[server].label} | ${record.toFixed(0)} | ${log.toFixed(0)} |`);
    const table = ['| backend | a record | a log of ten events |', '| --- | ---: | ---: |', ...rows];
    return [
        `## ${CASES.stored.title}, at ${timing.storedSessions} sessions`,
        'What the database grows by, with its own overhead and its indexes. The JSON of the record has some 400 bytes, that of an event 100.',
        table.join('\n')
    ];
}

/** Whether the aims for the CPU per tools/call are reached. */
function renderVerdict(comparisons) {
    const lines = comparisons
        .filter(comparison => ['sse', 'json'].includes(comparison.case) && AIMS[comparison.contender] !== undefined)
        .map(({ case: name, contender, summary }) => {
            const { median } = summary.cpu.ratio;
            const aim = AIMS[contender];
            const verdict = median <= aim ? 'reached' : `missed by ${((median / aim - 1) * 100).toFixed(0)} %`;
            return `- ${CASES[name].title}; ${SERVERS[contender].label}: ${median.toFixed(3)}, at most ${aim.toFixed(3)}: **${verdict}**`;
        });
    return lines.length === 0 ? [] : ['## The aim: CPU per tools/call against the official package', lines.join('\n')];
}
