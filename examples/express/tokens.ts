import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { OAuthTokenVerifier } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { jwtVerify, SignJWT } from 'jose';

export const issuer = 'https://id.example';
/** This server, as clients and the identity provider name it: tokens for another one are refused. */
export const resource = new URL(process.env.RESOURCE_URL ?? 'http://127.0.0.1:3000/mcp');

// Stands for the keys of your identity provider: `createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))`.
const key = new TextEncoder().encode('known to nobody outside of this example');

/** Says who sent a token, or that it is none. */
export const verifier: OAuthTokenVerifier = {
    async verifyAccessToken(token) {
        const { payload } = await jwtVerify(token, key, { issuer, requiredClaims: ['sub', 'aud', 'exp', 'client_id'] }).catch(() => {
            throw new InvalidTokenError('The token is no longer, or was never, one of ours');
        });
        return {
            token,
            clientId: String(payload.client_id),
            scopes: String(payload.scope ?? '').split(' '),
            expiresAt: Number(payload.exp),
            resource: new URL(String(payload.aud)),
            extra: { iss: payload.iss, sub: payload.sub }
        };
    }
};

/** What the identity provider does when a user has signed in, or an application renews its token. */
export function issueToken(user: string, application: string): Promise<string> {
    return new SignJWT({ client_id: application, scope: 'counter' })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(issuer)
        .setAudience(resource.href)
        .setSubject(user)
        .setExpirationTime('10 minutes')
        .sign(key);
}
