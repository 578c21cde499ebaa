/** Why nothing was done: wrong use of the command, or a clone that a change cannot be put into. */
export class RefusedError extends Error {
    override readonly name: string = 'RefusedError';
}

/** A place in the clone's sources that is not where, or not as, a change expects it. */
export class MovedError extends RefusedError {
    override readonly name = 'MovedError';

    constructor(
        readonly path: string,
        readonly anchor: string,
        readonly found: string
    ) {
        super(`${path}: looked for ${anchor}, and found ${found}. The code has moved, and the change is to be brought up to date.`);
    }
}
