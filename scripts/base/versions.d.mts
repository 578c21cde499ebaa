export function lineOf(base: string): { first: string; last: string; isIn(version: string): boolean };
export function newerThan(version: string, versions: readonly string[]): string[];
export function isRelease(version: string): boolean;
export function numbersOf(version: string): { major: number; minor: number; patch: number };
