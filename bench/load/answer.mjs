/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {string} head status line and headers
 * @property {string} body without the framing of chunks
 */

const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;

/**
 * Reads one HTTP/1.1 answer.
 *
 * @param {string} text all that was received since the last answer
 * @returns {Answer | undefined} undefined while there is more to come
 */
export function parseAnswer(text) {
    const headEnd = text.indexOf('\r\n\r\n');
    if (headEnd === -1) return undefined;
    const head = text.slice(0, headEnd);
    const status = Number(head.slice(9, 12));
    const bodyStart = headEnd + 4;
    if (CHUNKED.test(head)) {
        const body = joinChunks(text, bodyStart);
        return body === undefined ? undefined : { status, head, body };
    }
    const length = Number(CONTENT_LENGTH.exec(head)?.[1] ?? 0);
    const missing = bodyStart + length - text.length;
    if (missing < 0) throw new Error(`More than one answer: ${text.slice(0, 400)}`);
    return missing > 0 ? undefined : { status, head, body: text.slice(bodyStart) };
}

function joinChunks(text, start) {
    let body = '';
    for (let at = start; ; ) {
        const lineEnd = text.indexOf('\r\n', at);
        if (lineEnd === -1) return undefined;
        const size = parseInt(text.slice(at, lineEnd), 16);
        if (Number.isNaN(size)) throw new Error(`Not a chunk: ${text.slice(at, at + 200)}`);
        const next = lineEnd + 2 + size + 2;
        if (text.length < next) return undefined;
        if (size > 0) body += text.slice(lineEnd + 2, lineEnd + 2 + size);
        else if (text.length > next) throw new Error(`More than one answer: ${text.slice(0, 400)}`);
        else return body;
        at = next;
    }
}

/** The one JSON-RPC message of an answer, be it a JSON body or an event stream. */
export function messageOf({ status, head, body }) {
    if (status !== 200) throw new Error(`Status ${status}: ${body}`);
    if (!/^(event|data|id):/.test(body)) return JSON.parse(body);
    // An event without data gives the client its first id.
    const events = body.split('\n').filter(line => /^data: ?\S/.test(line));
    if (events.length !== 1) throw new Error(`One event was due: ${head}\n${body}`);
    return JSON.parse(events[0].slice('data:'.length));
}
