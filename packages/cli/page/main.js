/* global document, EventSource, HTMLInputElement, HTMLSelectElement */

import { Cluster } from './cluster.js';
import { onColoursChanged } from './colours.js';
import { EventLog } from './eventLog.js';
import { Panel } from './panel.js';
import { Sparkline } from './sparkline.js';
import { Stage } from './stage.js';

const $ = selector => document.querySelector(selector);

const cluster = new Cluster();
const stage = new Stage(cluster, { onselect: select });
const panel = new Panel(cluster, $('#details'), { onselect: select });
const log = new EventLog({ onselect: select });
const sparkline = new Sparkline($('#sparkline'));
let isChanged = true;

function select(selection) {
    stage.select(selection);
    panel.select(selection);
    log.select(selection);
}

function note(state, text) {
    $('#connection').dataset.state = state;
    $('#connection').textContent = text;
}

function changed() {
    isChanged = true;
    stage.changed();
}

const source = new EventSource('live');
const on = (name, take) => source.addEventListener(name, ({ data }) => take(JSON.parse(data)));
on('picture', ({ backend, nodes, events }) => {
    $('#backend').textContent = backend;
    cluster.reset(nodes, performance.now());
    log.reset(events);
    note(nodes.length > 0 ? 'live' : 'waiting', nodes.length > 0 ? 'live' : 'waiting for the first node …');
    changed();
});
on('node', node => {
    cluster.report(node, performance.now());
    note('live', 'live');
    changed();
});
on('lost', ({ id, how }) => {
    cluster.lose(id, how, performance.now());
    changed();
});
on('events', events => {
    events.forEach(event => cluster.happened(event, performance.now()));
    changed();
    for (const { event, node, session, to } of events) {
        if (session !== undefined) {
            stage.flash(node, session);
        }
        if (event === 'answer-routed' && to !== undefined) {
            stage.pulse(node, to);
        }
    }
    log.add(events);
});
source.addEventListener('error', () => note('lost', 'mcp-sessions monitor does not answer; trying again …'));

setInterval(() => {
    const totals = cluster.totals();
    for (const name of ['nodes', 'sessions', 'streams', 'calls']) {
        $(`#count-${name}`).textContent = String(totals[name]);
    }
    $('#count-rate').textContent = totals.rate.toFixed(1);
    sparkline.add(totals.rate);
    if (cluster.tidy(performance.now())) {
        changed();
    }
    if (isChanged) {
        isChanged = false;
        panel.show();
    }
}, 1000);

document.addEventListener('keydown', event => {
    const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === 'Escape') {
        select({});
    } else if (event.key === '/' && !isTyping) {
        event.preventDefault();
        $('#filter').focus();
    }
});

onColoursChanged(() => {
    stage.frame();
    sparkline.draw();
});
panel.show();
