/**
 * The child's side of `ask`: answers each question of the parent, and ends when the parent does.
 *
 * @param {Record<string, (params: any) => unknown>} answers
 */
export function answerParent(answers) {
    const reply = async ({ question, ask, params }) => {
        try {
            process.send({ question, result: await answers[ask](params ?? {}) });
        } catch (error) {
            process.send({ question, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
        }
    };
    process.on('message', message => void reply(message));
    process.on('disconnect', () => process.exit());
    process.send({ ready: true });
}
