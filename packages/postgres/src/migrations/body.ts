/** The body of a function, quoted so that nothing in it, such as a strange name of a table, can end it. */
export function body(text: string): string {
    let tag = '$body$';
    for (let number = 1; text.includes(tag); number++) {
        tag = `$body${number}$`;
    }
    return `${tag}${text}\n${tag}`;
}
