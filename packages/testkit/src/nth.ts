/** The element at an index that is there. */
export function nth<T>(list: readonly T[], index: number): T {
    if (index < 0 || index >= list.length) {
        throw new RangeError(`The clause looks for number ${index} of ${list.length}`);
    }
    return list[index] as T;
}
