import { colours } from './colours.js';

/** Seconds that are shown. */
const length = 60;

/** A line of the last minute. */
export class Sparkline {
    values = [];

    constructor(canvas) {
        this.canvas = canvas;
    }

    add(value) {
        this.values.push(value);
        this.values.splice(0, this.values.length - length);
        this.draw();
    }

    draw() {
        const { canvas, values } = this;
        const { clientWidth: width, clientHeight: height } = canvas;
        const scale = globalThis.devicePixelRatio ?? 1;
        canvas.width = width * scale;
        canvas.height = height * scale;
        const context = canvas.getContext('2d');
        context.scale(scale, scale);
        const most = Math.max(4, ...values);
        const x = index => width - (values.length - 1 - index) * (width / (length - 1));
        const y = value => height - 3 - (value / most) * (height - 8);
        context.strokeStyle = colours.line;
        context.beginPath();
        context.moveTo(0, height - 2.5);
        context.lineTo(width, height - 2.5);
        context.stroke();
        if (values.length < 2) {
            return;
        }
        context.strokeStyle = colours.accent;
        context.lineWidth = 1.6;
        context.lineJoin = 'round';
        context.beginPath();
        values.forEach((value, index) => context.lineTo(x(index), y(value)));
        context.stroke();
    }
}
