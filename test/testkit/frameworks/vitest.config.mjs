export default { root: import.meta.dirname, test: { include: ['contract.vitest.mjs'] } };
