/** How long a request may go unanswered before that counts as the result. */
const patienceMs = 2000;

/** The value, or a rejection when it does not come: a failed comparison rather than a test that hangs. */
export function impatiently<T>(promise: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('no answer')), patienceMs);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
