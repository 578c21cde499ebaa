/** What the servers of one node went through, beside what they answered. */
export class Happenings {
    /** Calls of the tool `hang` that have begun, and those that were aborted, by name. */
    readonly hanging: string[] = [];
    readonly aborted: string[] = [];
    /** Progress that clients reported on questions, in order. */
    readonly progress: number[] = [];
}
