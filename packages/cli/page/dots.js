import { colourOf } from './colours.js';

/** The place of sessions that no node holds. */
export const store = Symbol('store');

/** How fast dots go to where they belong, and grow and shrink; per second. */
const speed = 4.2;
const growth = 6;
/** Of a dot that goes somewhere, as a part of the way that is left. */
const tailLength = 0.22;
/** How long a dot that did something is larger, in milliseconds. */
const flashMs = 450;

/** The dots of the picture: each is a session at a place. One that loses its place goes to where its session is next. */
export class Dots {
    /** By place and session. */
    all = new Map();
    /** By place, its dots; a dot keeps its number for as long as it stays. */
    places = new Map();
    leaving = new Set();

    /**
     * @param wanted by place, its sessions: a Map of names to `{ isListening, calls }`
     * @param isStill whether dots are at their places at once
     */
    arrange(wanted, isStill) {
        const missing = [];
        const spare = new Map();
        for (const [key, dot] of this.all) {
            const activity = wanted.get(dot.place)?.get(dot.session);
            if (activity) {
                dot.activity = activity;
            } else {
                this.remove(key, dot);
                spare.set(dot.session, dot);
            }
        }
        for (const [place, sessions] of wanted) {
            for (const [session, activity] of sessions) {
                if (!this.dotAt(place, session)) {
                    missing.push({ place, session, activity });
                }
            }
        }
        for (const { place, session, activity } of missing) {
            const from = spare.get(session) ?? (isStill ? undefined : this.elsewhere(session));
            const isMoving = spare.delete(session);
            const dot = isMoving && from ? from : { session, x: from?.x, y: from?.y, size: from ? 1 : 0, flashedAt: 0 };
            Object.assign(dot, { place, activity });
            this.add(dot);
        }
        spare.forEach(dot => this.leaving.add(dot));
    }

    dotAt(place, session) {
        return this.all.get(keyOf(place, session));
    }

    /** How many numbers a place has given: its dots, and gaps that others will fill. */
    spread(place) {
        return this.places.get(place)?.length ?? 0;
    }

    flash(place, session, now) {
        const dot = this.dotAt(place, session);
        if (dot) {
            dot.flashedAt = now;
        }
    }

    /**
     * Moves all by so many seconds. True while any still moves.
     * @param targetOf `(dot) => { x, y }`
     */
    move(seconds, now, targetOf, isStill) {
        const step = isStill ? 1 : 1 - Math.exp(-seconds * speed);
        const growing = isStill ? 1 : Math.min(1, seconds * growth);
        let moves = false;
        for (const dot of this.all.values()) {
            const { x, y } = targetOf(dot);
            dot.x = dot.x === undefined ? x : dot.x + (x - dot.x) * step;
            dot.y = dot.y === undefined ? y : dot.y + (y - dot.y) * step;
            dot.size += (1 - dot.size) * growing;
            dot.isFar = Math.hypot(x - dot.x, y - dot.y) > 12;
            dot.tail = { x: dot.x - (x - dot.x) * tailLength, y: dot.y - (y - dot.y) * tailLength };
            moves ||= dot.isFar || Math.abs(x - dot.x) + Math.abs(y - dot.y) > 0.3 || dot.size < 0.98 || now - dot.flashedAt < flashMs;
        }
        for (const dot of this.leaving) {
            dot.size -= growing;
            if (!(dot.size > 0.05)) {
                this.leaving.delete(dot);
            }
        }
        return moves || this.leaving.size > 0;
    }

    /** @param radius of a dot by its place */
    draw(context, radiusOf, now, { selected, paper }) {
        for (const dot of [...this.leaving, ...this.all.values()]) {
            const { x, y, activity, size } = dot;
            const flash = Math.max(0, 1 - (now - dot.flashedAt) / flashMs);
            const radius = radiusOf(dot.place) * size * (1 + flash * 0.6);
            const isDim = selected !== undefined && selected !== dot.session;
            context.globalAlpha = isDim ? 0.22 : 1;
            context.fillStyle = context.strokeStyle = colourOf(dot.session);
            if (dot.isFar && dot.tail) {
                context.globalAlpha = isDim ? 0.1 : 0.45;
                context.lineWidth = radius * 0.9;
                context.lineCap = 'round';
                context.beginPath();
                context.moveTo(x, y);
                context.lineTo(dot.tail.x, dot.tail.y);
                context.stroke();
                context.globalAlpha = isDim ? 0.22 : 1;
            }
            if (activity.calls > 0) {
                context.globalAlpha = isDim ? 0.1 : 0.3;
                disc(context, x, y, radius * 2.3);
                context.fill();
                context.globalAlpha = isDim ? 0.22 : 1;
            }
            disc(context, x, y, radius);
            context.fill();
            if (dot.place === store) {
                // At rest: hollow.
                context.fillStyle = paper;
                disc(context, x, y, radius * 0.5);
                context.fill();
            }
            if (activity.isListening) {
                context.lineWidth = Math.max(1, radius * 0.28);
                disc(context, x, y, radius * 1.65);
                context.stroke();
            }
        }
        context.globalAlpha = 1;
    }

    /** The session whose dot is there, if any. */
    at(x, y, reach) {
        let nearest;
        let least = reach;
        for (const dot of this.all.values()) {
            const distance = Math.hypot(dot.x - x, dot.y - y);
            if (distance < least) {
                nearest = dot;
                least = distance;
            }
        }
        return nearest?.session;
    }

    elsewhere(session) {
        for (const place of this.places.keys()) {
            const dot = this.dotAt(place, session);
            if (dot) {
                return dot;
            }
        }
        return undefined;
    }

    add(dot) {
        const dots = this.places.get(dot.place) ?? [];
        this.places.set(dot.place, dots);
        const gap = dots.indexOf(undefined);
        dot.number = gap < 0 ? dots.length : gap;
        dots[dot.number] = dot;
        this.all.set(keyOf(dot.place, dot.session), dot);
    }

    remove(key, dot) {
        this.all.delete(key);
        const dots = this.places.get(dot.place) ?? [];
        dots[dot.number] = undefined;
        while (dots.length > 0 && dots.at(-1) === undefined) {
            dots.pop();
        }
        if (dots.length === 0) {
            this.places.delete(dot.place);
        }
    }
}

function keyOf(place, session) {
    return `${String(place)} ${session}`;
}

function disc(context, x, y, radius) {
    context.beginPath();
    context.arc(x, y, Math.max(0.1, radius), 0, Math.PI * 2);
}
