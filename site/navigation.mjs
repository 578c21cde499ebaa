const page = (text, link) => ({ text, link });

/** All pages, in the order in which they are read. */
export const sidebar = [
    {
        text: 'Begin',
        items: [
            page('What it is', '/'),
            page('Quick start', '/docs/quick-start'),
            page('Concepts', '/docs/concepts'),
            page('Migrating', '/docs/migrating'),
            page('The 2026 protocol and SDK 2.x', '/docs/protocol-2026'),
            page('All documents', '/docs/')
        ]
    },
    {
        text: 'Build',
        items: [
            page('The handler', '/docs/handler'),
            page('Sessions in a store', '/docs/sessions'),
            page('One session on many nodes', '/docs/cluster'),
            page('History', '/docs/history'),
            page('Encryption at rest', '/docs/encryption'),
            page('Your own store', '/docs/custom-store')
        ]
    },
    {
        text: 'Backends',
        items: [
            page('Choosing', '/docs/choosing'),
            page('Redis', '/docs/redis'),
            page('Postgres', '/docs/postgres'),
            page('Upstash, Vercel KV', '/docs/upstash'),
            page('What survives a crash', '/docs/durability')
        ]
    },
    {
        text: 'Operate',
        items: [
            page('Deploying', '/docs/deploying'),
            page('Operations', '/docs/operations'),
            page('Command line', '/docs/cli'),
            page('Monitor', '/docs/monitor'),
            page('OpenTelemetry', '/docs/telemetry'),
            page('Diagnostic channels', '/docs/diagnostics'),
            page('Troubleshooting', '/docs/troubleshooting')
        ]
    },
    {
        text: 'Reference',
        items: [
            page('Options', '/docs/options'),
            page('Guarantees', '/SPEC'),
            page('Limits', '/docs/limits'),
            page('Security model', '/docs/security'),
            page('Differences to the official SDK', '/docs/differences'),
            page('API', '/api/'),
            page('Bench', '/bench/'),
            page('Figures', '/bench/results/')
        ]
    },
    { text: 'Project', items: [page('Contributing', '/CONTRIBUTING'), page('Reporting a vulnerability', '/SECURITY')] }
];
