import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TRANSPORT_GROUPS, groupOf } from './groups.mjs';

const TOP = 25;

/**
 * @typedef {{ name: string, share: number, group?: string, code?: string }} Part a part of the time that was not idle
 *
 * @returns {{ groups: Part[], functions: Part[], lines: Part[] }}
 */
export function readProfile({ nodes, samples, timeDeltas }) {
    const byId = new Map(nodes.map(node => [node.id, node]));
    const parents = new Map(nodes.flatMap(node => (node.children ?? []).map(child => [child, node])));
    const micros = new Map();
    samples.forEach((id, index) => micros.set(id, (micros.get(id) ?? 0) + timeDeltas[index]));

    const groups = new Map();
    const functions = new Map();
    const lines = new Map();
    const add = (map, name, part, time) => {
        const entry = map.get(name) ?? { name, time: 0, ...part };
        entry.time += time;
        map.set(name, entry);
    };
    let busy = 0;
    for (const [id, time] of micros) {
        const node = byId.get(id);
        if (node.callFrame.functionName === '(idle)' || isOfProfiler(node, parents)) continue;
        busy += time;
        const group = groupOf(node, parents);
        add(groups, group, {}, time);
        add(functions, functionName(node.callFrame), { group }, time);
        if (TRANSPORT_GROUPS.has(group)) for (const [line, part] of ticksOf(node, time)) add(lines, line, {}, part);
    }
    const ranked = map => [...map.values()].sort((a, b) => b.time - a.time).map(({ time, ...entry }) => ({ ...entry, share: time / busy }));
    return {
        groups: ranked(groups),
        functions: ranked(functions).slice(0, TOP),
        lines: ranked(lines)
            .slice(0, TOP)
            .map(entry => ({ ...entry, name: shorten(entry.name), code: codeAt(entry.name) }))
    };
}

/** Starting and stopping the profile takes time of its own. */
function isOfProfiler(node, parents) {
    for (let at = node; at !== undefined; at = parents.get(at.id)) if (at.callFrame.url === 'node:inspector') return true;
    return false;
}

function functionName({ functionName: name, url, lineNumber }) {
    return `${name || '(anonymous)'} ${url === '' ? '(native)' : `${shorten(url)}:${lineNumber + 1}`}`;
}

/** The time of a node, split over its lines by the number of samples on each. */
function ticksOf({ callFrame, positionTicks = [] }, time) {
    const total = positionTicks.reduce((sum, { ticks }) => sum + ticks, 0);
    if (callFrame.url === '') return [];
    return positionTicks.map(({ line, ticks }) => [`${callFrame.url}:${line}`, (time * ticks) / total]);
}

function shorten(url) {
    return url.replace(/^.*\/node_modules\//, '').replace(/^.*\/packages\//, '');
}

function codeAt(place) {
    const [, url, line] = /^(.*):(\d+)$/.exec(place);
    if (!url.startsWith('file:')) return '';
    const text = readFileSync(fileURLToPath(url), 'utf8').split('\n')[Number(line) - 1] ?? '';
    return text.trim().slice(0, 110);
}
