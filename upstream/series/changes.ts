import { change as a } from './a/change.js';
import { change as b } from './b/change.js';
import { change as c } from './c/change.js';
import type { Change } from './change.js';
import { change as d } from './d/change.js';
import { change as e } from './e/change.js';
import { change as f } from './f/change.js';

/** The series, in the order in which the pull requests are opened. */
export const changes: readonly Change[] = [a, b, c, d, e, f];
