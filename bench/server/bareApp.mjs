import { createServer } from 'node:http';
import { listen } from './listen.mjs';

const ANSWER = JSON.stringify({ result: { content: [{ type: 'text', text: 'the same every time' }] }, jsonrpc: '2.0', id: 1 });
const HEADERS = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(ANSWER) };

/** The floor: `node:http` that reads the body and answers fixed bytes. */
export async function startBareApp() {
    const port = await listen(
        createServer((req, res) => {
            const chunks = [];
            req.on('data', chunk => chunks.push(chunk));
            req.on('end', () => {
                Buffer.concat(chunks).toString();
                res.writeHead(200, HEADERS).end(ANSWER);
            });
        })
    );
    return { port };
}
