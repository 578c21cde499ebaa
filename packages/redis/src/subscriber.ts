import { later } from '@mcp-sessions/core';
import type { RedisChannels } from './commands.js';
import { Link } from './link.js';

export interface SubscriberSettings {
    readonly channels: RedisChannels;
    readonly heartbeatMs: number;
    onMessage(channel: string, message: string): void;
    /** These were lost and are in force again. */
    onRestored(channels: readonly string[]): void;
    /** A connection was lost or could not be made; it is tried again. */
    onLost(error: Error): void;
}

/** A channel that somebody listens to. */
interface Want {
    /** Where it was asked for. */
    place: string | undefined;
    /** Replaced when what it confirmed is lost, and not before: somebody may wait for it. */
    confirmed: Confirmation;
    isInForce: boolean;
    /** Whether it has ever been in force. */
    isKnown: boolean;
}

interface Confirmation {
    readonly promise: Promise<void>;
    resolve(): void;
    reject(error: Error): void;
}

const firstPauseMs = 100;
const longestPauseMs = 1000;

/**
 * Keeps channels in force: on one connection for each server that has some of them, made with the first and ended some
 * time after the last; and made anew when it is lost.
 */
export class Subscriber {
    private readonly wants = new Map<string, Want>();
    private readonly links = new Map<string, Link>();
    /** Places that failed, until they are tried again. */
    private readonly failing = new Set<string>();
    /** Channels that are nowhere asked for. */
    private readonly homeless = new Set<string>();
    private failures = 0;
    private retryTimer: ReturnType<typeof setTimeout> | undefined;

    constructor(private readonly settings: SubscriberSettings) {}

    /** Resolves when the channel is in force. Rejects when Redis refuses it, or when it is removed before. */
    add(channel: string): Promise<void> {
        let want = this.wants.get(channel);
        if (!want) {
            want = { place: undefined, confirmed: newConfirmation(), isInForce: false, isKnown: false };
            this.wants.set(channel, want);
            this.house([channel]);
        }
        return want.confirmed.promise;
    }

    /** Resolves when no more messages of the channel come. */
    async remove(channel: string): Promise<void> {
        const want = this.wants.get(channel);
        if (want) {
            this.wants.delete(channel);
            this.homeless.delete(channel);
            want.confirmed.reject(new Error('The subscription was ended'));
            await this.linkOf(want)?.unsubscribe(channel);
        }
    }

    /** Resolves when all connections have ended. */
    async close(): Promise<void> {
        clearTimeout(this.retryTimer);
        const links = [...this.links.values()];
        this.links.clear();
        this.homeless.clear();
        this.wants.forEach(want => want.confirmed.reject(new Error('The message bus was closed')));
        this.wants.clear();
        await Promise.all(links.map(link => link.close()));
    }

    /** Asks for channels where they belong, or puts that off. */
    private house(channels: Iterable<string>): void {
        const byPlace = new Map<string, string[]>();
        for (const channel of channels) {
            const place = this.settings.channels.placeOf(channel);
            if (place === undefined || this.failing.has(place)) {
                this.homeless.add(channel);
                this.retry();
            } else {
                byPlace.set(place, [...(byPlace.get(place) ?? []), channel]);
            }
        }
        byPlace.forEach((group, place) => {
            for (const channel of group) {
                const want = this.wants.get(channel);
                if (want) {
                    want.place = place;
                }
            }
            this.linkTo(place).subscribe(group);
        });
    }

    private linkOf({ place }: Want): Link | undefined {
        return place === undefined ? undefined : this.links.get(place);
    }

    private linkTo(place: string): Link {
        const known = this.links.get(place);
        if (known) {
            return known;
        }
        const { channels, heartbeatMs, onMessage } = this.settings;
        const link: Link = new Link({
            connect: events => channels.connect(place, events),
            isSharded: channels.isSharded,
            heartbeatMs,
            onMessage,
            onConfirmed: group => this.confirm(place, group),
            onRefused: (group, error) => this.refuse(place, group, error),
            onLost: error => this.lose(place, link, error),
            onIdle: () => this.links.get(place) === link && this.links.delete(place)
        });
        this.links.set(place, link);
        return link;
    }

    private confirm(place: string, channels: readonly string[]): void {
        const wants = channels.map(channel => ({ channel, want: this.wants.get(channel) }));
        const restored = [];
        for (const { channel, want } of wants) {
            if (want?.place === place) {
                want.confirmed.resolve();
                want.isInForce = true;
                if (want.isKnown) {
                    restored.push(channel);
                }
                want.isKnown = true;
            }
        }
        if (this.homeless.size === 0) {
            this.failures = 0;
        }
        this.settings.onRestored(restored);
    }

    private refuse(place: string, channels: readonly string[], error: Error): void {
        const wasMoved = this.settings.channels.isElsewhere(error);
        for (const channel of channels) {
            const want = this.wants.get(channel);
            if (want?.place !== place) {
                continue;
            }
            if (wasMoved || want.isKnown) {
                this.evict(channel, want);
            } else {
                // By its access rules: it would be refused again.
                this.wants.delete(channel);
                want.confirmed.reject(error);
            }
        }
        if (wasMoved) {
            this.refresh(channels);
        } else {
            this.settings.onLost(error);
        }
    }

    private lose(place: string, link: Link, error: Error): void {
        if (this.links.get(place) !== link) {
            return;
        }
        this.links.delete(place);
        this.failing.add(place);
        const lost = [...this.wants].filter(([, want]) => want.place === place);
        lost.forEach(([channel, want]) => this.evict(channel, want));
        this.refresh(lost.map(([channel]) => channel));
        this.settings.onLost(error);
    }

    /** Each of them may have been at a place of its own. One is enough to learn where all are. */
    private refresh([channel]: readonly string[]): void {
        if (channel !== undefined) {
            this.settings.channels.refresh(channel);
        }
    }

    private evict(channel: string, want: Want): void {
        want.place = undefined;
        if (want.isInForce) {
            want.isInForce = false;
            want.confirmed = newConfirmation();
        }
        this.homeless.add(channel);
        this.retry();
    }

    private retry(): void {
        if (this.retryTimer !== undefined) {
            return;
        }
        const pause = Math.min(firstPauseMs * 2 ** this.failures++, longestPauseMs) * (0.5 + Math.random() / 2);
        this.retryTimer = later(() => {
            this.retryTimer = undefined;
            this.failing.clear();
            const channels = [...this.homeless];
            this.homeless.clear();
            this.house(channels);
        }, pause);
    }
}

function newConfirmation(): Confirmation {
    let resolve: () => void = () => undefined;
    let reject: (error: Error) => void = () => undefined;
    const promise = new Promise<void>((onResolve, onReject) => {
        resolve = onResolve;
        reject = onReject;
    });
    // There may be nobody left who waits for it.
    promise.catch(() => undefined);
    return { promise, resolve, reject };
}
