import type { BusListener, BusSubscription, MessageBus } from '../ports/messageBus.js';
import { later } from '../timers.js';

/** How soon a subscription that failed is tried again while somebody needs it. */
const retryMs = 1000;

/** A subscription that lasts while somebody needs it, and a little longer, so that it is not made anew for each request. */
export class OnDemandSubscription {
    private needs = 0;
    private current: Promise<BusSubscription> | undefined;
    private timer: ReturnType<typeof setTimeout> | undefined;
    /** Somebody needed it while it failed. */
    private isDeaf = false;

    constructor(
        private readonly bus: MessageBus,
        private readonly address: string,
        private readonly listener: BusListener,
        private readonly lingerMs: number
    ) {}

    /** Resolves when messages reach the listener. Each call is matched by one of {@link release}, also when it rejects. */
    acquire(): Promise<void> {
        this.needs++;
        clearTimeout(this.timer);
        return this.subscribe();
    }

    release(): void {
        if (--this.needs === 0) {
            clearTimeout(this.timer);
            if (this.lingerMs > 0 && this.current) {
                this.later(() => this.end(), this.lingerMs);
            } else {
                this.end();
            }
        }
    }

    private async subscribe(): Promise<void> {
        const current = (this.current ??= this.bus.subscribe(this.address, this.listener));
        try {
            await current;
        } catch (error) {
            if (this.current === current) {
                this.current = undefined;
                this.isDeaf = this.needs > 0;
                this.tryAgain();
            }
            throw error;
        }
        if (this.isDeaf && this.current === current) {
            this.isDeaf = false;
            this.listener.onGap();
        }
    }

    private tryAgain(): void {
        if (this.needs > 0) {
            this.later(() => {
                // Another failure leads here once more.
                this.subscribe().catch(() => undefined);
            }, retryMs);
        }
    }

    private later(task: () => void, ms: number): void {
        this.timer = later(task, ms);
    }

    private end(): void {
        const { current } = this;
        this.current = undefined;
        this.isDeaf = false;
        current?.then(
            subscription => void subscription.close(),
            () => undefined // It never began.
        );
    }
}
