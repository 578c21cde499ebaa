export interface ReleaseState {
    /** The texts of the files, by name. */
    readonly changesets: Readonly<Record<string, string>>;
    readonly fixed: readonly (readonly string[])[];
    /** Of all packages but the drop-in. */
    readonly versions: Readonly<Record<string, { version: string; isBundled: boolean }>>;
    readonly forkVersion: string;
    readonly baseVersion: string;
}

export function changesetProblems(state: ReleaseState): string[];
