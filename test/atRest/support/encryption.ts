import { randomBytes } from 'node:crypto';
import type { EncryptionKey, EncryptionOptions } from '@mcp-sessions/core';

/** A key that nobody else has. */
export const newKey = (id: string): EncryptionKey => ({ id, key: randomBytes(32).toString('base64') });

const key = newKey('test-key');

/** What all nodes of a test have that rotate nothing. */
export const encryption = (options: Partial<EncryptionOptions> = {}): EncryptionOptions => ({ keys: [key], ...options });
