/* global document */

/** Events that are kept, and those that are shown. */
const maxKept = 3000;
const maxShown = 300;

const perCall = new Set(['call-ended']);

/** What happened, the newest first; of the node or the session that is selected, and of a word that is looked for. */
export class EventLog {
    kept = [];
    selection = {};
    isHeld = false;

    constructor({ onselect }) {
        this.list = document.querySelector('#events');
        this.kinds = document.querySelector('#kinds');
        this.filter = document.querySelector('#filter');
        this.hold = document.querySelector('#hold');
        this.kinds.addEventListener('change', () => this.show());
        this.filter.addEventListener('input', () => this.show());
        this.hold.addEventListener('click', () => {
            this.isHeld = !this.isHeld;
            this.hold.setAttribute('aria-pressed', String(this.isHeld));
            this.show();
        });
        this.list.addEventListener('click', event => {
            const { node, session } = event.target.closest('button')?.dataset ?? {};
            if (node !== undefined || session !== undefined) {
                onselect(session === undefined ? { node } : { session });
            }
        });
    }

    reset(events) {
        this.kept = [...events];
        this.show();
    }

    add(events) {
        this.kept.push(...events);
        this.kept.splice(0, this.kept.length - maxKept);
        if (this.isHeld) {
            return;
        }
        const rows = events.filter(event => this.isWanted(event)).map(rowOf);
        if (rows.length > 0) {
            this.list.querySelector('.none')?.remove();
            this.list.prepend(...rows.reverse());
            while (this.list.childElementCount > maxShown) {
                this.list.lastElementChild.remove();
            }
        }
    }

    select(selection) {
        this.selection = selection;
        this.show();
    }

    show() {
        if (this.isHeld) {
            return;
        }
        const rows = [];
        for (let index = this.kept.length - 1; index >= 0 && rows.length < maxShown; index--) {
            if (this.isWanted(this.kept[index])) {
                rows.push(rowOf(this.kept[index]));
            }
        }
        const none = document.createElement('li');
        none.className = 'none';
        none.textContent = 'Nothing of this kind yet.';
        this.list.replaceChildren(...(rows.length > 0 ? rows : [none]));
    }

    isWanted(event) {
        const { node, session } = this.selection;
        const word = this.filter.value.trim().toLowerCase();
        const kind = this.kinds.value;
        return (
            (kind === 'all' || (!event.isChatty && (kind === 'plain' || !perCall.has(event.event)))) &&
            (session === undefined || event.session === session) &&
            (node === undefined || event.node === node || event.to === node) &&
            (word === '' || `${event.name} ${event.session ?? ''} ${event.event} ${event.text}`.toLowerCase().includes(word))
        );
    }
}

function rowOf({ at, node, name, text, session, isAlarming }) {
    const row = document.createElement('li');
    row.classList.toggle('alarming', isAlarming === true);
    const time = document.createElement('time');
    time.dateTime = new Date(at).toISOString();
    time.textContent = new Date(at).toLocaleTimeString('en-GB');
    const what = document.createElement('span');
    what.className = 'what';
    what.append(button(name, 'link', { node }), ` ${text}`);
    row.append(time, what, session === undefined ? '' : button(session, 'chip', { session }));
    return row;
}

function button(text, className, data) {
    const element = document.createElement('button');
    element.type = 'button';
    element.className = className;
    element.textContent = text;
    Object.assign(element.dataset, data);
    return element;
}
