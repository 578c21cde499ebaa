/** What came to one address. */
export interface Mail {
    /** In the order in which they were posted. */
    readonly messages: readonly string[];
    /** Where the next {@link Mailbox.collect} goes on. Opaque. */
    readonly cursor: string;
    /** True where the backend can tell that messages behind the cursor were trimmed before they were collected. */
    readonly missed?: boolean;
}

/**
 * Messages that wait at an address until those who listen there come for them: what a message bus is made of where the
 * backend cannot push.
 *
 * A message is kept for 60 seconds at least, or until more than some hundreds wait at its address, and then goes by
 * itself. An address needs no preparation and leaves nothing behind.
 */
export interface Mailbox {
    /** Puts a message behind all others of the address. Resolves when every later {@link collect} sees it. */
    post(address: string, message: string): Promise<void>;

    /**
     * What came to each of these addresses since its cursor, in one round trip for all of them. With undefined as its
     * cursor: no message, and the cursor of this moment; with `''`: all that is kept. The answer has every address that
     * was asked for.
     *
     * Nothing is removed: any number of nodes collect from one address. An answer may hold only the first of what is
     * there; the next call goes on behind it. A cursor outlives the messages: when all have expired it still stands
     * before whatever is posted later.
     */
    collect(cursors: ReadonlyMap<string, string | undefined>): Promise<ReadonlyMap<string, Mail>>;

    /** Releases what the mailbox itself opened. May be called twice. */
    close?(): Promise<void>;
}
