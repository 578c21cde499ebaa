import { describe } from 'vitest';
import { openExample } from './support/example.js';
import { servesOnTwoNodes } from './support/framework.js';

describe('NestJS', () => servesOnTwoNodes(openExample('nest')));
