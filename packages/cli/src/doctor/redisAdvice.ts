/** By how the server's refusals begin what to do about them. */
const refusals: Readonly<Record<string, string>> = {
    NOREPLICAS: 'Too few replicas are connected for min-replicas-to-write: look at them, or lower it',
    OOM: 'Raise maxmemory, or lower ttlSeconds, maxEvents and maxBytes',
    MISCONF: 'Look at its log: as a rule the disk is full, or the folder cannot be written',
    READONLY: 'Name the master in the URL, or the sentinels (redis-sentinel://…), which lead to it',
    BUSY: 'A script runs for too long: SCRIPT KILL, and find out whose it is',
    NOAUTH: 'The server wants a password: redis://user:password@host:6379',
    NOPERM: 'Give the user what servers need: the ACL SETUSER in docs/redis.md'
};

/** What to do about a command that was refused. */
export function refusalAdvice(reason: string): string {
    return refusals[codeOf(reason)] ?? 'Look at the log of the server';
}

/** What to do about a server that cannot be used at all. */
export function reachAdvice(reason: string): string {
    if (/WRONGPASS|invalid (username-)?password/i.test(reason)) {
        return 'User or password are wrong. Characters such as / ? # % in a password must be percent-encoded in the URL';
    }
    if (/ECONNREFUSED/.test(reason)) {
        return 'Nobody listens there: is it started, and are host and port right?';
    }
    if (/ENOTFOUND|EAI_AGAIN/.test(reason)) {
        return 'The name of the host is not known here';
    }
    return (
        refusals[codeOf(reason)] ??
        'Is it started, may this machine connect to it (firewall), and does the URL say rediss:// if, and only if, the server has TLS?'
    );
}

function codeOf(reason: string): string {
    return reason.split(' ', 1)[0] ?? '';
}
