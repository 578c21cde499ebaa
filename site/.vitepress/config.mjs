import { sidebar } from '../navigation.mjs';

export default {
    title: 'mcp-sessions',
    description: 'Streamable HTTP sessions for MCP servers that any node can serve.',
    base: process.env.SITE_BASE ?? '/',
    srcDir: 'pages',
    cleanUrls: true,
    // The index of the search is one chunk.
    vite: { build: { chunkSizeWarningLimit: 4096 } },
    themeConfig: {
        sidebar,
        nav: [
            { text: 'Quick start', link: '/docs/quick-start' },
            { text: 'Options', link: '/docs/options' },
            { text: 'API', link: '/api/' }
        ],
        search: { provider: 'local' },
        outline: [2, 3]
    }
};
