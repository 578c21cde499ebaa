/* global document, matchMedia, requestAnimationFrame, ResizeObserver */

import { isGone } from './cluster.js';
import { colours } from './colours.js';
import { Dots, store } from './dots.js';

/** Under each circle there is room for its name, its state and its counts, in pixels. */
const labelHeight = 62;
const shelfHeight = 72;
const shelfBottom = 40;
const margin = 36;
/** How long an answer is under way in the picture, and how long its path is seen after that; in milliseconds. */
const pulseMs = 1000;
const pathMs = 5000;
/** The golden angle: seeds of a sunflower, which lie evenly however many there are. */
const goldenAngle = Math.PI * (3 - Math.sqrt(5));

const states = { alive: '● alive', draining: '◐ draining', lost: '✕ lost', left: '○ gone' };

/** The picture: nodes above, the store below, sessions as dots where they are, and answers that go between nodes. */
export class Stage {
    dots = new Dots();
    pulses = [];
    circles = new Map();
    buttons = new Map();
    selection = {};
    isFrameDue = false;
    drawnAt = 0;

    constructor(cluster, { onselect }) {
        this.cluster = cluster;
        this.onselect = onselect;
        this.canvas = document.querySelector('#picture');
        this.group = document.querySelector('#nodes');
        this.motion = matchMedia('(prefers-reduced-motion: reduce)');
        const stage = document.querySelector('#stage');
        new ResizeObserver(() => this.changed()).observe(stage);
        stage.addEventListener('click', event => this.clicked(event));
    }

    /** The cluster is another one now. */
    changed() {
        this.place();
        const wanted = new Map([[store, new Map()]]);
        this.circles.forEach((_circle, id) => wanted.set(id, new Map()));
        for (const { name, holders } of this.cluster.sessions.values()) {
            if (holders.size === 0) {
                wanted.get(store).set(name, { isListening: false, calls: 0 });
            }
            holders.forEach((activity, id) => wanted.get(id)?.set(name, activity));
        }
        this.dots.arrange(wanted, this.motion.matches);
        this.label(wanted.get(store).size);
        this.frame();
    }

    select(selection) {
        this.selection = selection;
        this.buttons.forEach((button, id) => button.setAttribute('aria-pressed', String(selection.node === id)));
        this.frame();
    }

    /** A session did something on a node. */
    flash(node, session) {
        this.dots.flash(node, session, performance.now());
        this.frame();
    }

    /** An answer went from one node to another. */
    pulse(from, to) {
        this.pulses.push({ from, to, at: performance.now() });
        this.pulses.splice(0, this.pulses.length - 60);
        this.frame();
    }

    /** Gives each node its circle. */
    place() {
        const { clientWidth: width, clientHeight: height } = this.canvas;
        const nodes = this.cluster.sortedNodes();
        const [columns, rows] = gridOf(nodes.length, width - margin, height - shelfHeight - shelfBottom - 30);
        const cellWidth = (width - margin) / columns;
        const cellHeight = (height - shelfHeight - shelfBottom - 40) / rows;
        const radius = Math.max(14, Math.min(132, cellWidth / 2 - 18, (cellHeight - labelHeight) / 2 - 10));
        this.circles = new Map(
            nodes.map((node, index) => {
                const row = Math.floor(index / columns);
                const inRow = row === rows - 1 ? nodes.length - row * columns : columns;
                const indent = ((columns - inRow) * cellWidth) / 2;
                const x = margin / 2 + indent + cellWidth * ((index % columns) + 0.5);
                const y = 14 + cellHeight * row + (cellHeight - labelHeight) / 2;
                return [node.id, { x, y, radius, node }];
            })
        );
        this.shelf = { x: margin, y: height - shelfBottom - shelfHeight, width: Math.max(60, width - margin * 2), height: shelfHeight };
        this.group.classList.toggle('small', radius < 52);
    }

    label(atRest) {
        document.querySelector('#store-count').textContent =
            atRest === 0
                ? 'every session is held by a node'
                : `${atRest} at rest: ${atRest === 1 ? 'its' : 'their'} next request brings ${atRest === 1 ? 'it' : 'them'} back`;
        document.querySelector('#empty').hidden = this.circles.size > 0;
        for (const [id, button] of this.buttons) {
            if (!this.circles.has(id)) {
                button.remove();
                this.buttons.delete(id);
            }
        }
        for (const [id, { x, y, radius, node }] of this.circles) {
            const button = this.buttons.get(id) ?? this.newButton(id);
            const width = Math.max(radius * 2 + 12, 84);
            Object.assign(button.style, {
                left: `${x - width / 2}px`,
                top: `${y - radius - 6}px`,
                width: `${width}px`,
                height: `${radius * 2 + 12 + labelHeight}px`
            });
            button.dataset.state = node.state;
            const [name, state, counts] = button.children;
            name.textContent = node.name;
            state.textContent = states[node.state];
            counts.textContent = isGone(node)
                ? `held ${count(node.sessionCount, 'session')}`
                : `${count(node.sessionCount, 'session')} · ${count(node.streams, 'stream')} · ${count(node.calls, 'call')}`;
        }
    }

    newButton(id) {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'node';
        button.dataset.node = id;
        button.setAttribute('aria-pressed', String(this.selection.node === id));
        for (const part of ['name', 'state', 'counts']) {
            const span = document.createElement('span');
            span.className = `node-${part}`;
            button.append(span);
        }
        this.buttons.set(id, button);
        // In the order of the picture, for who goes through it by keyboard.
        const next = [...this.circles.keys()]
            .slice([...this.circles.keys()].indexOf(id) + 1)
            .find(other => this.buttons.get(other)?.isConnected);
        this.group.insertBefore(button, next === undefined ? null : this.buttons.get(next));
        return button;
    }

    clicked(event) {
        const { left, top } = this.canvas.getBoundingClientRect();
        // By keyboard a click has no place.
        const session = event.detail > 0 ? this.dots.at(event.clientX - left, event.clientY - top, 9) : undefined;
        const node = event.target.closest?.('.node')?.dataset.node;
        if (session !== undefined) {
            this.onselect({ session });
        } else if (node !== undefined) {
            this.onselect(this.selection.node === node ? {} : { node });
        }
    }

    frame() {
        if (!this.isFrameDue) {
            this.isFrameDue = true;
            requestAnimationFrame(now => {
                this.isFrameDue = false;
                this.draw(now);
            });
        }
    }

    draw(now) {
        const { canvas, dots } = this;
        const { clientWidth: width, clientHeight: height } = canvas;
        if (width === 0 || !this.shelf) {
            return;
        }
        const scale = globalThis.devicePixelRatio ?? 1;
        if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
            canvas.width = Math.round(width * scale);
            canvas.height = Math.round(height * scale);
        }
        const isStill = this.motion.matches;
        const seconds = Math.min(0.1, (now - this.drawnAt) / 1000);
        this.drawnAt = now;
        const moves = dots.move(seconds, now, dot => this.targetOf(dot), isStill);
        const context = canvas.getContext('2d');
        context.setTransform(scale, 0, 0, scale, 0, 0);
        context.clearRect(0, 0, width, height);
        this.drawShelf(context);
        this.circles.forEach((circle, id) => drawCircle(context, circle, this.selection.node === id));
        this.pulses = this.pulses.filter(
            ({ at, from, to }) => now - at < pulseMs + pathMs && this.circles.has(from) && this.circles.has(to)
        );
        this.pulses.forEach(pulse => this.drawPulse(context, pulse, now, isStill));
        dots.draw(context, place => this.dotRadius(place), now, { selected: this.selection.session, paper: colours.well });
        if (moves || this.pulses.length > 0) {
            this.frame();
        }
    }

    /** Where a dot belongs. */
    targetOf({ place, number }) {
        const spacing = this.spacing(place);
        if (place === store) {
            const { x, y, width, height } = this.shelf;
            const perRow = Math.max(1, Math.floor((width - 24) / spacing));
            return {
                x: x + 16 + spacing * (number % perRow),
                y: Math.max(y + 10, y + height - 16 - spacing * Math.floor(number / perRow))
            };
        }
        const { x, y } = this.circles.get(place) ?? { x: 0, y: 0 };
        const distance = spacing * Math.sqrt(number + 0.4);
        return { x: x + distance * Math.cos(number * goldenAngle), y: y + distance * Math.sin(number * goldenAngle) };
    }

    spacing(place) {
        const count = Math.max(1, this.dots.spread(place));
        if (place === store) {
            const { width, height } = this.shelf;
            return Math.max(3, Math.min(16, Math.sqrt(((width - 24) * (height - 20)) / count)));
        }
        const radius = this.circles.get(place)?.radius ?? 60;
        return Math.min(24, (radius - 14) / Math.sqrt(count));
    }

    dotRadius(place) {
        return Math.max(1.2, Math.min(6.5, this.spacing(place) * 0.34));
    }

    drawShelf(context) {
        const { x, y, width, height } = this.shelf;
        context.fillStyle = colours.well;
        context.strokeStyle = colours.line;
        context.lineWidth = 1;
        context.beginPath();
        context.roundRect(x, y, width, height, 10);
        context.fill();
        context.stroke();
    }

    drawPulse(context, { from, to, at }, now, isStill) {
        const path = pathBetween(this.circles.get(from), this.circles.get(to));
        const age = now - at;
        context.strokeStyle = colours.accent;
        context.lineWidth = 1.6;
        context.globalAlpha = 0.75 * Math.max(0, 1 - Math.max(0, age - pulseMs) / pathMs);
        context.beginPath();
        context.moveTo(path.start.x, path.start.y);
        context.quadraticCurveTo(path.bend.x, path.bend.y, path.end.x, path.end.y);
        context.stroke();
        drawHead(context, path.bend, path.end);
        if (!isStill && age < pulseMs) {
            const { x, y } = pointOn(path, easeInOut(age / pulseMs));
            context.globalAlpha = 1;
            context.fillStyle = colours.accent;
            context.beginPath();
            context.arc(x, y, 5, 0, Math.PI * 2);
            context.fill();
        }
        context.globalAlpha = 1;
    }
}

/** As many columns and rows as give the largest circles. */
function gridOf(count, width, height) {
    let best = [1, 1];
    let largest = 0;
    for (let columns = 1; columns <= Math.max(1, count); columns++) {
        const rows = Math.max(1, Math.ceil(count / columns));
        const size = Math.min(width / columns, height / rows - labelHeight);
        if (size > largest) {
            largest = size;
            best = [columns, rows];
        }
    }
    return best;
}

function drawCircle(context, { x, y, radius, node }, isSelected) {
    const isOver = isGone(node);
    context.lineCap = 'butt';
    context.beginPath();
    context.arc(x, y, radius, 0, Math.PI * 2);
    context.fillStyle = isOver ? 'transparent' : colours.surface;
    context.fill();
    context.setLineDash(isOver ? [3, 6] : node.state === 'draining' ? [12, 6] : []);
    context.lineWidth = isSelected ? 3 : 1.6;
    context.strokeStyle = isSelected ? colours.accent : node.state === 'lost' ? colours.alarm : colours.edge;
    context.stroke();
    context.setLineDash([]);
    if (node.state === 'lost') {
        const arm = radius * 0.2;
        context.lineWidth = 2;
        context.beginPath();
        for (const side of [1, -1]) {
            context.moveTo(x - arm, y - arm * side);
            context.lineTo(x + arm, y + arm * side);
        }
        context.stroke();
    }
}

/** From edge to edge, in a bow that passes over what is between; the way back is a higher one. */
function pathBetween(from, to) {
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const distance = Math.max(1, Math.hypot(dx, dy));
    const isBack = dx < 0 || (dx === 0 && dy < 0);
    const isNear = distance < from.radius * 3.2;
    const rise = (isNear ? from.radius * 0.75 : from.radius + 18) + (isBack ? 22 : 0);
    // Across the way, upwards; to the right where it leads straight down.
    const side = isBack ? -1 : 1;
    const bend = { x: (from.x + to.x) / 2 + (side * dy * 2 * rise) / distance, y: (from.y + to.y) / 2 - (side * dx * 2 * rise) / distance };
    const edge = (circle, gap) => {
        const [ex, ey] = [bend.x - circle.x, bend.y - circle.y];
        const length = Math.max(1, Math.hypot(ex, ey));
        const reach = Math.min(circle.radius + gap, distance / 2);
        return { x: circle.x + (ex / length) * reach, y: circle.y + (ey / length) * reach };
    };
    return { start: edge(from, 3), bend, end: edge(to, 5) };
}

function pointOn({ start, bend, end }, t) {
    const at = field => (1 - t) ** 2 * start[field] + 2 * (1 - t) * t * bend[field] + t ** 2 * end[field];
    return { x: at('x'), y: at('y') };
}

function drawHead(context, from, tip) {
    const angle = Math.atan2(tip.y - from.y, tip.x - from.x);
    context.beginPath();
    for (const side of [-1, 1]) {
        context.moveTo(tip.x, tip.y);
        context.lineTo(tip.x - 9 * Math.cos(angle + side * 0.45), tip.y - 9 * Math.sin(angle + side * 0.45));
    }
    context.stroke();
}

function easeInOut(t) {
    return t < 0.5 ? 2 * t * t : 1 - (2 - 2 * t) ** 2 / 2;
}

function count(number, noun) {
    return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
