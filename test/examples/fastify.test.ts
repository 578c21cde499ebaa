import { describe } from 'vitest';
import { openExample } from './support/example.js';
import { servesOnTwoNodes } from './support/framework.js';

describe('Fastify', () => servesOnTwoNodes(openExample('fastify')));
