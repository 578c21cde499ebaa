import type { GetPromptResult, Prompt } from '@modelcontextprotocol/sdk/types.js';
import { embedded, image, text } from './content.js';

type Content = GetPromptResult['messages'][number]['content'];

export interface PromptEntry extends Prompt {
    fill(args: Record<string, string>): Content[];
}

/** What the scenarios ask for, by the names that they ask for it. */
export const PROMPTS: readonly PromptEntry[] = [
    { name: 'test_simple_prompt', description: 'Without arguments', fill: () => [text('Say something.')] },
    {
        name: 'test_prompt_with_arguments',
        description: 'With two arguments',
        arguments: ['arg1', 'arg2'].map(name => ({ name, required: true })),
        fill: ({ arg1 = '', arg2 = '' }) => [text(`Compare ${arg1} with ${arg2}.`)]
    },
    {
        name: 'test_prompt_with_embedded_resource',
        description: 'With a resource in it',
        arguments: [{ name: 'resourceUri', required: true }],
        fill: ({ resourceUri = '' }) => [embedded(resourceUri, 'text/plain', 'What the resource says.'), text('Sum it up.')]
    },
    { name: 'test_prompt_with_image', description: 'With an image in it', fill: () => [image, text('What is in the picture?')] }
];
