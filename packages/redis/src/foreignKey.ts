/** A key of another type is no record of ours, whoever wrote it. */
export async function absentIfForeign<T>(value: Promise<T>, absent: T): Promise<T> {
    try {
        return await value;
    } catch (error) {
        if (error instanceof Error && error.message.startsWith('WRONGTYPE')) {
            return absent;
        }
        throw error;
    }
}
