import { createHash } from 'node:crypto';

const flag = '#!lua flags=allow-key-locking\n';

/** As the service does, refuses keys that the caller has not named. Stands in one line, so that errors tell the right one. */
const guard = [
    'local redis = (function()',
    'local real, many = redis, { DEL = 1, UNLINK = 1, EXISTS = 1, MGET = 1 }',
    'local declared = {} for _, key in ipairs(KEYS) do declared[key] = true end',
    'local function check(name, ...)',
    "if string.upper(name) == 'TIME' then return end",
    'local keys = many[string.upper(name)] and { ... } or { (...) }',
    'for _, key in ipairs(keys) do if not declared[key] then',
    `error("ERR Dynamic keys are not allowed in Lua scripts when 'allow-key-locking' flag is set. Key was: " .. tostring(key))`,
    'end end end',
    'return setmetatable({ call = function(...) check(...) return real.call(...) end,',
    'pcall = function(...) check(...) return real.pcall(...) end }, { __index = real })',
    'end)() '
].join(' ');

/**
 * Scripts with the service's flag `allow-key-locking`, which Redis itself refuses: they are known by the hash of what the
 * client sent, and run without the flag.
 */
export class KeyLockingScripts {
    private readonly known = new Map<string, string>();

    /** The command as Redis is to be given it. */
    translate(command: readonly string[]): string[] {
        const [name = '', script = '', ...rest] = command;
        const kind = name.toLowerCase();
        if (kind === 'eval' && script.startsWith(flag)) {
            const source = guard + script.slice(flag.length);
            this.known.set(createHash('sha1').update(script).digest('hex'), source);
            return ['eval', source, ...rest];
        }
        const source = kind === 'evalsha' ? this.known.get(script) : undefined;
        return source === undefined ? [...command] : ['eval', source, ...rest];
    }

    forget(): void {
        this.known.clear();
    }
}
