export function rewriteSpecifiers(folder: string, rewrite: (specifier: string, file: string) => string): void;
export function specifiersOf(text: string): string[];
