import type { ReadResourceResult, Resource, ResourceTemplate } from '@modelcontextprotocol/sdk/types.js';
import { PNG } from './content.js';

export const RESOURCES: readonly Resource[] = [
    { uri: 'test://static-text', name: 'text', description: 'A text', mimeType: 'text/plain' },
    { uri: 'test://static-binary', name: 'binary', description: 'An image', mimeType: 'image/png' },
    { uri: 'test://watched-resource', name: 'watched', description: 'One to subscribe to', mimeType: 'text/plain' }
];

export const TEMPLATES: readonly ResourceTemplate[] = [
    { uriTemplate: 'test://template/{id}/data', name: 'template', description: 'One for each id', mimeType: 'application/json' }
];

/** The contents of a resource; undefined when there is none of this name. */
export function readResource(uri: string): ReadResourceResult['contents'] | undefined {
    if (uri === 'test://static-binary') return [{ uri, mimeType: 'image/png', blob: PNG }];
    if (RESOURCES.some(resource => resource.uri === uri)) return [{ uri, mimeType: 'text/plain', text: `The text of ${uri}.` }];
    const [, id] = /^test:\/\/template\/([^/]+)\/data$/.exec(uri) ?? [];
    return id === undefined ? undefined : [{ uri, mimeType: 'application/json', text: JSON.stringify({ id }) }];
}
