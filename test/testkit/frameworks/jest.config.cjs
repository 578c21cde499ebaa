module.exports = {
    testMatch: ['**/contract.jest.cjs'],
    transform: {},
    moduleFileExtensions: ['cjs', 'js', 'mjs', 'json']
};
