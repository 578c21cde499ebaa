export interface Sizes {
    /** Bytes of the tarball. */
    readonly packed: number;
    /** Bytes of its ES modules, compressed. */
    readonly code: number;
}

export function contentProblems(paths: readonly string[], listed: readonly string[]): string[];
export function mapProblems(paths: readonly string[], read: (path: string) => string): string[];
export function sizesOf(files: readonly { path: string }[], packed: number, read: (path: string) => string): Sizes & { files: number };
export function sizeProblems(sizes: Sizes, budget: Sizes): string[];
export function kilobytes(bytes: number): string;
