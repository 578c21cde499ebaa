import { findProgram, installPackage } from './install.mjs';

/** The path of a Chromium: of `CHROMIUM_PATH`, one that is installed, or Debian's, which is installed now. */
export function chromiumProgram({ say = console.log } = {}) {
    const find = () =>
        process.env.CHROMIUM_PATH ?? findProgram('chromium') ?? findProgram('chromium-browser') ?? findProgram('google-chrome');
    const found = find();
    if (found !== undefined) return found;
    installPackage('chromium', { service: 'Chromium', envName: 'CHROMIUM_PATH', say });
    const installed = find();
    if (installed === undefined) throw new Error('The package chromium is installed, and there is no program of that name on PATH.');
    return installed;
}
