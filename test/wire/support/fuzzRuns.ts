/** To repeat a run, or to run longer: FUZZ_SEED and FUZZ_RUNS. The seed of a failure is in its message. */
export const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() & 0x7fffffff);
export const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);
