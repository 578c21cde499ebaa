/** The result of a tool that says one thing. */
export const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });
