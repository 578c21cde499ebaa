/* global document, getComputedStyle, matchMedia */

const names = ['paper', 'surface', 'well', 'ink', 'muted', 'line', 'edge', 'accent', 'alarm', 'dot-saturation', 'dot-lightness'];

/** The colours of the style sheet, for what is drawn; read anew when the user changes between light and dark. */
export const colours = {};

function read() {
    const style = getComputedStyle(document.documentElement);
    names.forEach(name => (colours[name] = style.getPropertyValue(`--${name}`).trim()));
}

read();

export function onColoursChanged(listener) {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
        read();
        listener();
    });
}

/** One of twelve hues, the same for a session wherever it is: it helps the eye, and is never the only sign. */
export function colourOf(session) {
    let hash = 0;
    for (const character of session) {
        hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
    }
    return `hsl(${(hash % 12) * 30 + 8} ${colours['dot-saturation']} ${colours['dot-lightness']})`;
}
