import { sessions } from '../../sessions';

async function handle(request: Request): Promise<Response> {
    return (await sessions()).fetch(request);
}

export { handle as DELETE, handle as GET, handle as POST };
