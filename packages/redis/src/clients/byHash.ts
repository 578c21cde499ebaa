/** Runs a script by its hash, and by its text on a server that does not know it yet. */
export async function byHash(evalsha: () => Promise<unknown>, evaluate: () => Promise<unknown>): Promise<unknown> {
    try {
        return await evalsha();
    } catch (error) {
        if (error instanceof Error && error.message.startsWith('NOSCRIPT')) {
            return evaluate();
        }
        throw error;
    }
}
