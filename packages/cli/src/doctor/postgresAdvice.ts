export const connectionsAdvice =
    'All connections are taken: fewer per pool (driverOptions: { max }), a pooler, or a higher limit (max_connections, or ALTER ROLE … CONNECTION LIMIT)';

/** By SQLSTATE, or by what the system says, what to do about a server that cannot be used. */
const advice: Readonly<Record<string, string>> = {
    '28P01':
        'User or password are wrong, or pg_hba.conf does not let this user in from here. Characters such as / ? # @ in a password must be percent-encoded',
    '3D000': 'There is no database of this name: it is the path of the URL',
    '53300': connectionsAdvice,
    '57P03': 'It starts or shuts down: wait, and look again',
    ECONNREFUSED: 'Nobody listens there: is it started, and are host and port right?'
};

/** What to do about a server that cannot be used at all. */
export function reachAdvice(code: string): string {
    return advice[code === '28000' ? '28P01' : code] ?? 'Is it started, and may this machine connect to it (firewall, pg_hba.conf, TLS)?';
}
