/**
 * The versions of the drop-in on a base: the base's, with its patch number times 100 and a count on top. The first of them, with
 * the count 0, stands in git until there is a release, and is not published.
 *
 * @param {string} base such as 1.32.2
 */
export function lineOf(base) {
    const { major, minor, patch } = numbersOf(base);
    const version = count => `${major}.${minor}.${patch * 100 + count}`;
    const all = Array.from({ length: 100 }, (_, count) => version(count));
    return { first: version(0), last: version(99), isIn: candidate => all.includes(candidate) };
}

/** Those of these versions that are releases of the same major after a given one, oldest first. */
export function newerThan(version, versions) {
    const order = (a, b) => a.major - b.major || a.minor - b.minor || a.patch - b.patch;
    const current = numbersOf(version);
    return versions
        .filter(candidate => isRelease(candidate) && numbersOf(candidate).major === current.major)
        .filter(candidate => order(numbersOf(candidate), current) > 0)
        .sort((a, b) => order(numbersOf(a), numbersOf(b)));
}

/** Whether it is a version, and neither a range nor a pre-release. */
export function isRelease(version) {
    return /^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(version);
}

/** @throws Error for what is no release. */
export function numbersOf(version) {
    if (!isRelease(version)) throw new Error(`${version} is no release, such as 1.32.2`);
    const [major, minor, patch] = version.split('.').map(Number);
    return { major, minor, patch };
}
