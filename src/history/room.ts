import { costOf, failure, type Noted } from './noted.js';

/** What may wait in this process for one log, of all sessions together, in characters. */
const most = 64 * 1024 * 1024;
/** What queues may take of it that fail while others do not: the rest is for those. */
const mostAlone = 48 * 1024 * 1024;
/** What queues that have not failed have in any case: others may have taken all before it was seen that they fail. */
const reserve = most - mostAlone;
/** What comes on top for gaps, so that sessions can tell what they lost. */
const forGaps = 8 * 1024 * 1024;
/** What a session takes that has anything waiting, beside that, in characters. */
const queueCost = 4096;

/** How much waits of all sessions, and what was lost that not even a gap could be kept for. */
export class Room {
    private taken = 0;
    /** By queues whose last try failed. */
    private takenByFailing = 0;
    private lost = 0;
    private isFull = false;
    private report: Noted['report'] | undefined;

    change(cost: number, isFailing: boolean): void {
        this.taken += cost;
        this.takenByFailing += isFailing ? cost : 0;
    }

    /** A queue with so much waiting begins to fail, or fails no more. */
    turn(cost: number, isFailing: boolean): void {
        this.takenByFailing += isFailing ? cost + queueCost : -cost - queueCost;
    }

    /**
     * @param isFailing whether the last try of the queue that asks failed.
     * @param isAlone whether the log takes what others write, and not what this is to wait behind.
     */
    has(cost: number, isFailing: boolean, isAlone: boolean): boolean {
        return this.taken + cost <= (isAlone ? mostAlone : most) || (!isFailing && this.isReserved(cost));
    }

    hasForGap(isFailing: boolean): boolean {
        const cost = costOf({ size: 0 });
        return this.taken + cost <= most + forGaps || (!isFailing && this.isReserved(cost));
    }

    /** False when nothing of one more session can wait. */
    beginQueue(): boolean {
        const cost = queueCost + costOf({ size: 0 });
        const hasRoom = this.taken + cost <= most + forGaps || this.isReserved(cost);
        this.change(hasRoom ? queueCost : 0, false);
        return hasRoom;
    }

    /** Of one that does not fail. */
    endQueue(): void {
        this.change(-queueCost, false);
        this.tellLost();
    }

    private isReserved(cost: number): boolean {
        return this.taken - this.takenByFailing + cost <= reserve;
    }

    /** A message is lost, and no history will say so. */
    lose({ report }: Noted): void {
        this.lost++;
        this.report = report;
        this.tellFull(report);
    }

    /** Says that something found no room: once until room is made. */
    tellFull(report: Noted['report']): void {
        if (!this.isFull) {
            this.isFull = true;
            report(failure('The store of the history does not keep up: messages are missing there'));
        }
    }

    private tellLost(): void {
        const { lost, report } = this;
        this.isFull = false;
        this.lost = 0;
        this.report = undefined;
        report?.(failure(`${lost} messages are missing in histories that do not say so: too much waited for their store`));
    }
}
