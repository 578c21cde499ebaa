import { SessionError } from '@mcp-sessions/core';

export type BackendKind = 'redis' | 'postgres' | 'upstash' | 'memory';

/** Variables by name, as in `process.env`. An empty one is none. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Question {
    readonly url?: string;
    readonly token?: string;
    readonly env: Environment;
    readonly kind?: BackendKind;
}

export interface Choice {
    readonly kind: BackendKind;
    readonly url: string;
    readonly token?: string;
    /** What named it, for messages: an option or a variable. */
    readonly namedBy: string;
    /** Variables that name another backend, which is not taken. */
    readonly ignored: readonly Pick<Variable, 'name' | 'kind'>[];
}

/** What named a backend, and what else did. */
export type Named = Pick<Choice, 'namedBy'> & Partial<Pick<Choice, 'ignored'>>;

interface Variable {
    readonly kind: BackendKind;
    readonly name: string;
    readonly tokenName?: string;
    /** Applications have it for data of their own, so it may name what is none of our business. */
    readonly isShared?: boolean;
}

/** In this order: the first that is set is taken. */
const variables: readonly Variable[] = [
    { kind: 'redis', name: 'REDIS_URL' },
    { kind: 'redis', name: 'KV_URL' },
    { kind: 'postgres', name: 'POSTGRES_URL' },
    { kind: 'postgres', name: 'DATABASE_URL', isShared: true },
    { kind: 'upstash', name: 'KV_REST_API_URL', tokenName: 'KV_REST_API_TOKEN' },
    { kind: 'upstash', name: 'UPSTASH_REDIS_REST_URL', tokenName: 'UPSTASH_REDIS_REST_TOKEN' }
];

const kindsByScheme: Readonly<Record<string, BackendKind>> = {
    redis: 'redis',
    rediss: 'redis',
    'redis+cluster': 'redis',
    'rediss+cluster': 'redis',
    'redis-sentinel': 'redis',
    'rediss-sentinel': 'redis',
    'redis+sentinel': 'redis',
    'rediss+sentinel': 'redis',
    postgres: 'postgres',
    postgresql: 'postgres',
    https: 'upstash',
    http: 'upstash',
    memory: 'memory'
};

/**
 * The backend that a URL, or else the environment, names; undefined when there is none in the environment.
 *
 * @throws SessionError `CONFIGURATION` for what names no backend. No message holds a URL: there are passwords in them.
 */
export function choose({ url, token, env, kind }: Question): Choice | undefined {
    if (url !== undefined) {
        return given(url, token, kind);
    }
    if (token !== undefined) {
        throw wrong('`token` belongs to a `url`, which is missing');
    }
    const named = variables.filter(variable => isNamed(variable, env, kind));
    const [taken, ...others] = named;
    return (
        taken && {
            kind: taken.kind,
            url: valueOf(env, taken.name),
            ...tokenOf(taken, env),
            namedBy: taken.name,
            ignored: others
        }
    );
}

/** What to set, for messages. */
export function namesOf(kind?: BackendKind): string {
    return variables
        .filter(variable => kind === undefined || variable.kind === kind)
        .map(({ name, tokenName }) => (tokenName === undefined ? name : `${name} with ${tokenName}`))
        .join(', ');
}

function given(url: string, token: string | undefined, kind: BackendKind | undefined): Choice {
    const found = kindOf(url);
    if (found === undefined) {
        throw wrong(`\`url\` has a scheme that names no backend. Known are ${Object.keys(kindsByScheme).join(', ')}`);
    }
    if (kind !== undefined && kind !== found) {
        throw wrong(`\`kind\` is ${kind}, but \`url\` names a backend of kind ${found}`);
    }
    if (token !== undefined && found !== 'upstash') {
        throw wrong(`\`token\` is for REST (https:), but \`url\` names a backend of kind ${found}`);
    }
    return { kind: found, url: url.trim(), ...(token !== undefined && { token }), namedBy: 'url', ignored: [] };
}

function isNamed({ kind, name, isShared = false }: Variable, env: Environment, wanted: BackendKind | undefined): boolean {
    const value = valueOf(env, name);
    if (value === '' || (wanted !== undefined && wanted !== kind)) {
        return false;
    }
    if (kindOf(value) === kind) {
        return true;
    }
    if (isShared) {
        return false;
    }
    throw wrong(`${name} does not begin with one of ${schemesOf(kind)}`);
}

function tokenOf({ name, tokenName }: Variable, env: Environment): { token?: string } {
    if (tokenName === undefined) {
        return {};
    }
    const token = valueOf(env, tokenName);
    if (token === '') {
        throw wrong(`${name} is set, but ${tokenName} is not`);
    }
    return { token };
}

function valueOf(env: Environment, name: string): string {
    return env[name]?.trim() ?? '';
}

function kindOf(url: string): BackendKind | undefined {
    const scheme = /^\s*([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
    return Object.hasOwn(kindsByScheme, scheme) ? kindsByScheme[scheme] : undefined;
}

function schemesOf(kind: BackendKind): string {
    return Object.keys(kindsByScheme)
        .filter(scheme => kindsByScheme[scheme] === kind)
        .map(scheme => `${scheme}:`)
        .join(', ');
}

function wrong(message: string): SessionError {
    return new SessionError('CONFIGURATION', message);
}
