import type { Actor, Entry } from './timeline.js';

const rowHeight = 21;
const top = 52;
const laneX: Readonly<Record<string, number>> = { A: 500, B: 550, C: 600 };
const width = 1030;

/** For light and for dark pages. */
const style = `
    text { font: 12.5px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #24292f; }
    .paper { fill: #ffffff; stroke: #d0d7de; }
    .dim { fill: #6e7781; }
    .head { font-weight: 600; }
    .life { stroke: #9fc2e8; stroke-width: 12; stroke-linecap: round; }
    .served { fill: #0969da; }
    .count { fill: #ffffff; font-size: 10px; text-anchor: middle; }
    .KILL, .CUT { fill: #cf222e; }
    .START { fill: #1a7f37; }
    .REPLACE { fill: #9a6700; }
    .cross { stroke: #cf222e; stroke-width: 2.5; }
    @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3; }
        .paper { fill: #0d1117; stroke: #30363d; }
        .dim { fill: #8d96a0; }
        .life { stroke: #1f4b7a; }
        .served { fill: #4493f8; }
        .count { fill: #0d1117; }
        .KILL, .CUT { fill: #f85149; }
        .START { fill: #3fb950; }
        .REPLACE { fill: #d29922; }
        .cross { stroke: #f85149; }
    }`;

/** A timeline as a picture in SVG: a row for each line, and a column for each node with its life and the requests that it served. */
export function pictureOf(entries: readonly Entry[], verdict: string): string {
    const height = top + (entries.length + 2) * rowHeight;
    const names = Object.keys(laneX);
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
        `<title>One session, three nodes that come and go</title>`,
        `<style>${style}\n</style>`,
        `<rect class="paper" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
        text(24, 30, 'time', 'dim'),
        text(76, 30, 'what the client does, and what is done to the nodes', 'dim'),
        ...names.map(name => text(laneX[name] ?? 0, 30, name, 'head', 'middle')),
        text(645, 30, 'result', 'dim'),
        ...names.flatMap(name => livesOf(entries, name)),
        ...entries.flatMap(rowOf),
        text(24, top + (entries.length + 1) * rowHeight, verdict, 'head START'),
        '</svg>',
        ''
    ].join('\n');
}

/** The pieces of a column in which the node has a process. */
function livesOf(entries: readonly Entry[], name: string): string[] {
    const lines: string[] = [];
    let since: number | undefined;
    entries.forEach(({ actor, nodes }, row) => {
        if (!nodes.includes(name)) {
            return;
        }
        if (actor === 'KILL' || actor === 'REPLACE') {
            lines.push(life(name, since ?? row, row - (actor === 'KILL' ? 0.35 : 0.6)));
            since = undefined;
        }
        if (actor === 'START' || actor === 'REPLACE') {
            since = row;
        }
        since ??= actor === 'nodes' ? row : undefined;
    });
    return since === undefined ? lines : [...lines, life(name, since, entries.length - 1)];
}

function life(name: string, from: number, to: number): string {
    const x = laneX[name] ?? 0;
    return `<line class="life" x1="${x}" x2="${x}" y1="${middle(from)}" y2="${middle(to)}"/>`;
}

function rowOf({ seconds, actor, what, nodes, result }: Entry, row: number): string[] {
    const y = middle(row) + 4;
    const kind = actor === 'client' || actor === 'nodes' ? '' : actor;
    return [
        text(64, y, `${seconds.toFixed(1)} s`, 'dim', 'end'),
        text(76, y, sentence(actor, what), actor === 'nodes' ? 'dim' : kind),
        ...[...new Set(nodes)].flatMap(name => markOf(actor, laneX[name] ?? 0, middle(row), nodes.filter(other => other === name).length)),
        ...(result ? [text(645, y, `${result.ok ? '✓' : '✗'} ${result.text}`, result.ok ? '' : 'KILL')] : [])
    ];
}

/** Ports and process ids are for the terminal. */
function sentence(actor: Actor, what: string): string {
    const short = what
        .replace(/ \(pid\S* [^)]*\)/g, '')
        .replace(/ on port \d+/g, '')
        .replace(/ instead of \d+/, '')
        .replace(/;.*/, '');
    return actor === 'client' || actor === 'nodes' ? short : `${actor}  ${short.replace(/^kill -9 [\d ]+: /, '')}`;
}

function markOf(actor: Actor, x: number, y: number, count: number): string[] {
    switch (actor) {
        case 'client':
            return [`<circle class="served" cx="${x}" cy="${y}" r="7"/>`, ...(count > 1 ? [text(x, y + 3.5, String(count), 'count')] : [])];
        case 'KILL':
        case 'CUT':
            return [`<path class="cross" d="M${x - 6} ${y - 6}l12 12m0 -12l-12 12"/>`];
        case 'START':
        case 'REPLACE':
            return [`<path class="${actor}" d="M${x - 6} ${y - 5}h12l-6 10z"/>`];
        case 'nodes':
            return [];
    }
}

const middle = (row: number): number => top + row * rowHeight;

function text(x: number, y: number, content: string, kind = '', anchor = 'start'): string {
    const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    return `<text x="${x}" y="${y}"${kind && ` class="${kind}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${safe}</text>`;
}
