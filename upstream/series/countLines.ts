/** Lines added and removed between two texts, as `git diff --numstat` counts them. */
export function countLines(before: string, after: string): { added: number; removed: number } {
    const [olds, news] = [linesOf(before), linesOf(after)];
    let start = 0;
    while (start < olds.length && start < news.length && olds[start] === news[start]) start++;
    let end = 0;
    while (end < Math.min(olds.length, news.length) - start && olds.at(-1 - end) === news.at(-1 - end)) end++;
    const [oldPart, newPart] = [olds.slice(start, olds.length - end), news.slice(start, news.length - end)];
    const kept = longestCommon(oldPart, newPart);
    return { added: newPart.length - kept, removed: oldPart.length - kept };
}

function linesOf(text: string): string[] {
    const lines = text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines;
}

/** The length of the longest common subsequence. */
function longestCommon(olds: readonly string[], news: readonly string[]): number {
    let row = new Uint32Array(news.length + 1);
    for (const old of olds) {
        const next = new Uint32Array(news.length + 1);
        for (const [index, line] of news.entries()) {
            next[index + 1] = old === line ? (row[index] ?? 0) + 1 : Math.max(row[index + 1] ?? 0, next[index] ?? 0);
        }
        row = next;
    }
    return row.at(-1) ?? 0;
}
