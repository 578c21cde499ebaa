import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { chromiumProgram } from '../../../scripts/services.mjs';

/** Far more than anything takes; a machine that is busy is slow. */
export const patient = { timeout: 30_000 };

/** How long it may take to begin, in milliseconds: where there is no Chromium, Debian's is installed. */
export const installing = 600_000;

/** Pages in a headless Chromium, and what the browser had to say of them. */
export class Pages {
    readonly troubles: string[] = [];

    private constructor(private readonly browser: Browser) {}

    static async start(): Promise<Pages> {
        return new Pages(await chromium.launch({ executablePath: chromiumProgram(), args: ['--no-sandbox'] }));
    }

    async open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
        const page = await this.browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
        page.on('pageerror', error => this.troubles.push(error.message));
        page.on('console', message => message.type() === 'error' && this.troubles.push(message.text()));
        page.setDefaultTimeout(patient.timeout);
        await page.goto(url);
        return page;
    }

    close(): Promise<void> {
        return this.browser.close();
    }
}
