type Manifest = Record<string, unknown>;

export function forkManifest(ours: Manifest, before: Manifest, after: Manifest): Manifest;
