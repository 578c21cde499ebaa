import { bindToAuthInfo, type Bind } from './principal.js';

/** The default binding. It says once that it cannot tell the users of one client apart. */
export class DefaultBinding {
    private hasWarned = false;

    constructor(private readonly logger: { warn(message: string): void }) {}

    readonly bind: Bind = (authInfo, request) => {
        const { iss, sub } = authInfo?.extra ?? {};
        if (authInfo && sub === undefined && !this.hasWarned) {
            this.hasWarned = true;
            this.logger.warn(
                `mcp-sessions: authInfo.extra names no subject (sub)${iss === undefined ? ' and no issuer (iss)' : ''}, so all users of one client share their sessions. ` +
                    'Have the token verifier put them there, or name whom a session belongs to with `bind`.'
            );
        }
        return bindToAuthInfo(authInfo, request);
    };
}

/** That of transports without a handler: there is one for each session, and the process is told once. */
export const bindByDefault = new DefaultBinding(console).bind;
