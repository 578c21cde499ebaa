export interface WorkspacePackage {
    readonly name: string;
    /** From the workspace root. */
    readonly folder: string;
    /** Whether the fork has it in it. */
    readonly isBundled: boolean;
    /** The packages of the workspace that it depends on. */
    readonly imports: readonly string[];
    /** The other packages that it depends on. */
    readonly dependencies: readonly string[];
    /** Its peers. */
    readonly drivers: readonly string[];
}

export const root: string;
export const packages: readonly WorkspacePackage[];
/** Commands, which nobody imports. */
export const programs: readonly WorkspacePackage[];
export function declarationsOf(names: readonly string[]): Record<string, string[]>;
export function shortName(name: string): string;
