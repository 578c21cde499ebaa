import { fork } from 'node:child_process';
import { once } from 'node:events';

/** The time that any one answer may take. */
const PATIENCE_MS = 120_000;

/**
 * Starts a fresh process that is asked questions over IPC. It ends with `stop`, and on its own when this process ends.
 *
 * @param {URL} file
 * @param {{ args?: string[], execArgv?: string[] }} [options]
 */
export async function startProcess(file, { args = [], execArgv = [] } = {}) {
    const child = fork(file, args, { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const waiting = new Map();
    let questions = 0;

    const ready = new Promise((resolve, reject) => {
        child.on('message', message => {
            if (message.ready) return resolve();
            const { answered, failed } = waiting.get(message.question);
            waiting.delete(message.question);
            if (message.error === undefined) answered(message.result);
            else failed(new Error(message.error));
        });
        child.once('exit', (code, signal) => {
            const error = new Error(`${file.pathname} ended with ${signal ?? `code ${code}`}`);
            reject(error);
            for (const { failed } of waiting.values()) failed(error);
        });
    });
    await ready;

    const ask = async (name, params) => {
        const question = ++questions;
        const timer = setTimeout(() => waiting.get(question)?.failed(new Error(`${name}: no answer in time`)), PATIENCE_MS);
        try {
            return await new Promise((answered, failed) => {
                waiting.set(question, { answered, failed });
                child.send({ question, ask: name, params });
            });
        } finally {
            clearTimeout(timer);
        }
    };

    const stop = async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
        child.disconnect();
        await ended;
        clearTimeout(timer);
    };

    return { ask, stop };
}
