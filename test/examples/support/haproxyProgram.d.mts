/** The path of an HAProxy, of `HAPROXY_PATH` or installed; throws where there is none and it cannot be installed. */
export function haproxyProgram(): string;
