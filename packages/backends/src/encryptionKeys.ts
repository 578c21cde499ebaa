import { SessionError, type EncryptionKey, type EncryptionOptions } from '@mcp-sessions/core';
import type { Environment } from './choice.js';

export const encryptionVariable = 'MCP_SESSIONS_ENCRYPTION_KEYS';

/**
 * What the options say, else what the environment does; undefined for no encryption, which `false` forces.
 *
 * @throws SessionError `CONFIGURATION` for a variable that cannot be read. Its message holds nothing of a key.
 */
export function encryptionOf(option: EncryptionOptions | false | undefined, env: Environment): EncryptionOptions | undefined {
    if (option !== undefined) {
        return option || undefined;
    }
    const text = env[encryptionVariable]?.trim() ?? '';
    return text === '' ? undefined : { keys: text.split(',').map(readKey) };
}

function readKey(text: string, index: number): EncryptionKey {
    const [, id, key] = /^([\w-]+):([\w+/=-]+)$/.exec(text.trim()) ?? [];
    if (id === undefined || key === undefined) {
        throw new SessionError(
            'CONFIGURATION',
            `${encryptionVariable} must be a list of <id>:<base64 of 32 bytes>, separated by commas; its part ${index + 1} is not`
        );
    }
    return { id, key };
}
