export interface LockedPackage {
    readonly version?: string;
    readonly license?: string;
    readonly link?: boolean;
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
    readonly peerDependencies?: Readonly<Record<string, string>>;
}

export function licenceProblems(lock: { packages: Readonly<Record<string, LockedPackage>> }, folders: readonly string[]): string[];
