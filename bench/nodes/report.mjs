const ms = ({ median, low, high }) => `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;

/** The figures of several nodes as Markdown. */
export function renderNodes({ questions, resumes, operations, growth }) {
    const table = (head, rows) =>
        [`| ${head.join(' | ')} |`, `| --- |${' ---: |'.repeat(head.length - 1)}`, ...rows.map(row => `| ${row.join(' | ')} |`)].join('\n');
    const added = questions.other.median - questions.same.median;
    return [
        '## One session on two nodes',
        'Milliseconds, medians with the quartiles in brackets; the client, both nodes and Redis share the machine.',
        `**A question answered on another node** than the one that asked: ${ms(questions.other)} from the answer to the tool's result, ` +
            `against ${ms(questions.same)} on the same node: ${added.toFixed(2)} more.`,
        table(
            ['events resumed on another node', 'ms to the end of the stream', 'events/s'],
            resumes.map(({ events, ms: time }) => [events, ms(time), ((events / time.median) * 1000).toFixed(0)])
        ),
        table(
            ['what Redis sees of', 'commands', 'bytes, both ways', 'µs of its CPU'],
            operations.map(({ what, commands, bytes, cpuMicros }) => [what, commands.toFixed(1), bytes.toFixed(0), cpuMicros.toFixed(0)])
        ),
        'A command is a round trip, apart from those that are sent together; what is pushed to listeners is in the bytes.',
        table(
            ['other sessions in the store', 'first call on a node', 'warm call', 'question answered on another node', '10 events resumed'],
            growth.map(({ stored, first, warm, answered, resumed }) => [stored, ms(first), ms(warm), ms(answered), ms(resumed)])
        )
    ];
}
