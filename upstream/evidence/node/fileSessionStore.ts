import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A store of sessions that the nodes share, with the methods that the series' `SessionStore` has: a file for each session. */
export class FileSessionStore {
    constructor(private readonly folder: string) {}

    async storeSession(sessionId: string, data: object): Promise<void> {
        writeFileSync(this.#file(sessionId), JSON.stringify(data));
    }

    async getSession(sessionId: string): Promise<unknown> {
        return existsSync(this.#file(sessionId)) ? JSON.parse(readFileSync(this.#file(sessionId), 'utf8')) : null;
    }

    async updateSessionActivity(): Promise<void> {
        // Nothing expires here.
    }

    async deleteSession(sessionId: string): Promise<void> {
        rmSync(this.#file(sessionId), { force: true });
    }

    async sessionExists(sessionId: string): Promise<boolean> {
        return existsSync(this.#file(sessionId));
    }

    #file(sessionId: string): string {
        return join(this.folder, encodeURIComponent(sessionId));
    }
}
