import { All, Controller, Inject, Module, Req, Res } from '@nestjs/common';
import { createSessionBackend, createSessionHandler, type ChosenBackend, type SessionHandler } from '@modelcontextprotocol/sdk/server';
import type { Request, Response } from 'express';
import { buildServer } from './tools.js';

/** The token of the handler, of which there is one per process. */
export const SESSIONS = Symbol('sessions');
export const BACKEND = Symbol('backend');

@Controller('mcp')
export class McpController {
    constructor(@Inject(SESSIONS) private readonly sessions: SessionHandler) {}

    @All()
    async handle(@Req() request: Request, @Res() response: Response): Promise<void> {
        await this.sessions.node(request, response, request.body);
    }
}

@Module({
    controllers: [McpController],
    providers: [
        { provide: BACKEND, useFactory: () => createSessionBackend({ fallback: 'memory' }) },
        {
            provide: SESSIONS,
            inject: [BACKEND],
            useFactory: (backend: ChosenBackend) => createSessionHandler(() => buildServer(), { backend })
        }
    ]
})
export class McpModule {}
