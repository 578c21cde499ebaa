export function declaredExports(dist: string, modules: readonly string[]): Record<string, string[]>;
