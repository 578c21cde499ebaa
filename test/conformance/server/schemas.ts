import type { ElicitRequestFormParams, Tool } from '@modelcontextprotocol/sdk/types.js';

type Form = ElicitRequestFormParams['requestedSchema'];

export const PERSON: Form = {
    type: 'object',
    properties: { username: { type: 'string' }, email: { type: 'string', format: 'email' } },
    required: ['username', 'email']
};

/** Each kind of field, with the default that the suite looks for (SEP-1034). */
export const DEFAULTS: Form = {
    type: 'object',
    properties: {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true }
    },
    required: []
};

const OPTIONS = ['option1', 'option2', 'option3'];
const TITLED = ['one', 'two', 'three'].map((name, index) => ({ const: `value${index + 1}`, title: `Choice ${name}` }));

/** Each way to offer a choice (SEP-1330). */
export const ENUMS: Form = {
    type: 'object',
    properties: {
        untitledSingle: { type: 'string', enum: OPTIONS },
        titledSingle: { type: 'string', oneOf: TITLED },
        legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Choice one', 'Choice two', 'Choice three'] },
        untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
        titledMulti: { type: 'array', items: { anyOf: TITLED } }
    },
    required: []
};

/** Keywords that a list of tools must carry as they are (SEP-1613, SEP-2106). */
export const WITH_2020_12_KEYWORDS: Tool['inputSchema'] = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: {
        address: { $anchor: 'addressDef', type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } }
    },
    properties: {
        name: { type: 'string' },
        address: { $ref: '#/$defs/address' },
        contactMethod: { type: 'string', enum: ['phone', 'email'] },
        phone: { type: 'string' },
        email: { type: 'string' }
    },
    allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
    if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
    then: { required: ['phone'] },
    else: { required: ['email'] },
    additionalProperties: false
};
