/** @param {ArrayLike<number>} sorted ascending */
export function percentile(sorted, share) {
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** The middle value, and the quartiles as the measure of how much it wavers. */
export function spread(values) {
    const sorted = [...values].sort((a, b) => a - b);
    return { median: between(sorted, 0.5), low: between(sorted, 0.25), high: between(sorted, 0.75) };
}

function between(sorted, share) {
    const place = (sorted.length - 1) * share;
    const below = sorted[Math.floor(place)];
    const above = sorted[Math.ceil(place)];
    return below + (above - below) * (place - Math.floor(place));
}
