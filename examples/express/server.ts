import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { createSessionBackend, createSessionHandler, shutdownOnSignals } from '@modelcontextprotocol/sdk/server';
import express from 'express';
import { issuer, resource, verifier } from './tokens.js';
import { buildServer } from './tools.js';

// #region mount
const backend = await createSessionBackend({ fallback: 'memory' });
const sessions = createSessionHandler(() => buildServer(), {
    backend,
    // A session belongs to a person, whichever application and token the person comes with.
    bind: authInfo => JSON.stringify([authInfo?.extra?.iss, authInfo?.extra?.sub])
});

const app = express();
app.use(
    mcpAuthMetadataRouter({
        resourceServerUrl: resource,
        oauthMetadata: {
            issuer,
            authorization_endpoint: `${issuer}/authorize`,
            token_endpoint: `${issuer}/token`,
            response_types_supported: ['code']
        }
    })
);
const authenticate = requireBearerAuth({
    verifier,
    requiredScopes: ['counter'],
    expectedResource: resource,
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource)
});
// Who asks is known before anything of the body is read.
app.all('/mcp', authenticate, express.json({ limit: '4mb' }), (req, res) => sessions.node(req, res, req.body));

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
shutdownOnSignals(sessions, { server, onclose: () => backend.close() });
// #endregion mount
server.on('listening', () => console.log(server.address()));
