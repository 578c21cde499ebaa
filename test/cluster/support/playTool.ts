import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { SentRecorder } from './sentRecorder.js';
import { log, requestedSchema } from './streamTools.js';
import { text } from './text.js';

const act = z.discriminatedUnion('do', [
    /** A message on the stream of the call. */
    z.object({ do: z.literal('say'), token: z.string(), asProgress: z.boolean().optional() }),
    /** A message that belongs to no call. */
    z.object({ do: z.literal('tell'), token: z.string() }),
    /** A question to the client, on the stream of the call or on the standalone one; waits for the answer. */
    z.object({ do: z.literal('ask'), token: z.string(), standalone: z.boolean().optional() }),
    z.object({ do: z.literal('closeStream') }),
    z.object({ do: z.literal('closeStandalone') }),
    z.object({ do: z.literal('pause'), ms: z.number() })
]);

export type Act = z.infer<typeof act>;

/** Adds the tool `play`, which does one thing after the other and then ends with a token; what it sends is recorded. */
export function addPlay(mcp: McpServer, recorder: SentRecorder): void {
    const { server } = mcp;
    mcp.registerTool('play', { inputSchema: { acts: z.array(act), end: z.string() } }, async ({ acts, end }, extra) => {
        let progress = 0;
        for (const step of acts) {
            if (extra.signal.aborted) break;
            switch (step.do) {
                case 'say': {
                    const progressToken = extra._meta?.progressToken;
                    await extra.sendNotification(
                        step.asProgress && progressToken !== undefined
                            ? { method: 'notifications/progress', params: { progressToken, progress: ++progress, message: step.token } }
                            : log(step.token)
                    );
                    break;
                }
                case 'tell':
                    await server.notification(log(step.token));
                    break;
                case 'ask': {
                    const options = { signal: extra.signal, ...(!step.standalone && { relatedRequestId: extra.requestId }) };
                    try {
                        const { content } = await server.elicitInput({ message: step.token, requestedSchema }, options);
                        recorder.note({ what: 'answered', question: step.token, value: String(content?.['word']) });
                    } catch (error) {
                        recorder.note({ what: 'unanswered', question: step.token, error: String(error) });
                    }
                    break;
                }
                case 'closeStream':
                    extra.closeSSEStream?.();
                    break;
                case 'closeStandalone':
                    extra.closeStandaloneSSEStream?.();
                    break;
                case 'pause':
                    await new Promise(resolve => setTimeout(resolve, step.ms));
            }
        }
        return text(end);
    });
}
