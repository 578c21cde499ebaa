/* global document */

import { isGone } from './cluster.js';

/** Sessions that are listed of a node. */
const maxListed = 120;

/** What is known of what is selected: a node, a session, or else the cluster as a table. */
export class Panel {
    constructor(cluster, element, { onselect }) {
        this.cluster = cluster;
        this.element = element;
        this.selection = {};
        element.addEventListener('click', event => {
            const { node, session, clear } = event.target.closest('button')?.dataset ?? {};
            if (clear !== undefined) {
                onselect({});
            } else if (node !== undefined) {
                onselect({ node });
            } else if (session !== undefined) {
                onselect({ session });
            }
        });
    }

    select(selection) {
        this.selection = selection;
        this.show();
    }

    /** Shows how it is now. Who is on one of its buttons by keyboard stays there. */
    show() {
        const { element } = this;
        const focused = element.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
        const { scrollTop } = element;
        element.replaceChildren(...this.content());
        element.scrollTop = scrollTop;
        if (focused !== undefined) {
            [...element.querySelectorAll('button')].find(button => button.dataset.key === focused)?.focus({ preventScroll: true });
        }
    }

    content() {
        const { node: id, session: name } = this.selection;
        const node = id === undefined ? undefined : this.cluster.nodes.get(id);
        if (node) {
            return this.ofNode(node);
        }
        return name === undefined ? this.ofCluster() : this.ofSession(name);
    }

    ofCluster() {
        const nodes = this.cluster.sortedNodes();
        const table = make('table');
        const head = make('tr');
        head.append(...['node', 'state', 'sessions', 'streams', 'req/s'].map(text => make('th', text)));
        table.append(make('thead'), make('tbody'));
        table.firstChild.append(head);
        for (const node of nodes) {
            const row = make('tr');
            const first = make('td');
            first.append(button(node.name, { node: node.id }, 'link'));
            row.append(first, ...[node.state, node.sessionCount, node.streams, node.rate.toFixed(1)].map(text => make('td', String(text))));
            table.lastChild.append(row);
        }
        return [bar('Nodes'), ...(nodes.length > 0 ? [table] : [make('p', 'Click a node or a dot to see more of it.')])];
    }

    ofNode(node) {
        const sessions = this.cluster.heldBy(node.id);
        const answers = Object.entries(node.answers).map(([id, times]) => `${times} to ${this.cluster.nodes.get(id)?.name ?? id}`);
        return [
            bar(`Node ${node.name}`, true),
            facts([
                ['state', node.state],
                ['running for', duration(node.uptimeMs)],
                ['sessions', `${node.sessionCount}, ${node.streams} with an open stream`],
                ['calls', String(node.calls)],
                ['requests', `${node.requests} since it is watched, ${node.rate.toFixed(1)} a second`],
                ['messages', `${node.messages} sent to clients`],
                ['answers', answers.length === 0 ? 'none handed over' : `handed over: ${answers.join(', ')}`],
                ['id', node.id]
            ]),
            ...(isGone(node) ? [] : [chips(sessions.map(({ name }) => name))])
        ];
    }

    ofSession(name) {
        const session = this.cluster.sessions.get(name);
        if (!session) {
            return [bar(`Session ${name}`, true), make('p', 'It has ended, or nothing is known of it.')];
        }
        const rows = [...session.holders].map(([id, { isListening, calls }]) => [
            this.cluster.nodes.get(id)?.name ?? id,
            ['in memory', ...(isListening ? ['stream open'] : []), ...(calls > 0 ? [`${calls} running`] : [])].join(', ')
        ]);
        return [
            bar(`Session ${name}`, true),
            rows.length === 0
                ? make('p', 'At rest in the store: no node holds it. Its next request brings it back, on any node.')
                : facts(rows)
        ];
    }
}

function bar(title, canClose = false) {
    const element = make('div');
    element.className = 'bar';
    element.append(make('h2', title), ...(canClose ? [button('close', { clear: '' })] : []));
    return element;
}

function facts(rows) {
    const list = make('dl');
    list.className = 'facts';
    list.append(...rows.flatMap(([name, value]) => [make('dt', name), make('dd', value)]));
    return list;
}

function chips(sessions) {
    const list = make('div');
    list.className = 'chips';
    list.append(...sessions.slice(0, maxListed).map(session => button(session, { session }, 'chip')));
    if (sessions.length > maxListed) {
        const more = make('span', `and ${sessions.length - maxListed} more`);
        more.className = 'more';
        list.append(more);
    }
    return list;
}

function button(text, data, className = '') {
    const element = make('button', text);
    element.type = 'button';
    element.className = className;
    Object.assign(element.dataset, data, { key: `${Object.keys(data)[0]} ${text}` });
    return element;
}

function make(tag, text) {
    const element = document.createElement(tag);
    if (text !== undefined) {
        element.textContent = text;
    }
    return element;
}

function duration(ms) {
    const seconds = Math.round(ms / 1000);
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
