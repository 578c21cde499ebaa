import { InMemoryMailbox, type Mail, type Mailbox } from '@mcp-sessions/core';
import { mailboxContract, type MailboxUnderTest, type NoLimits } from '@mcp-sessions/testkit';
import { listOf, type Sabotage, type Saboteur } from '../saboteur.js';

type Cursors = Parameters<Mailbox['collect']>[0];

function saboteur(
    fault: string,
    caughtBy: string | readonly string[],
    faults: (mailbox: InMemoryMailbox) => Partial<Mailbox>
): Saboteur<NoLimits, MailboxUnderTest> {
    return {
        fault,
        caughtBy: listOf(caughtBy),
        open: async () => {
            const mailbox = new InMemoryMailbox();
            const broken: Mailbox = {
                post: (...args) => mailbox.post(...args),
                collect: cursors => mailbox.collect(cursors),
                ...faults(mailbox)
            };
            return { mailbox: () => broken, close: async () => undefined };
        }
    };
}

/** A mailbox that changes the mail of each address. */
const changing = (change: (mail: Mail, address: string, cursor: string | undefined) => Mail) => (mailbox: InMemoryMailbox) => ({
    collect: async (cursors: Cursors) =>
        new Map([...(await mailbox.collect(cursors))].map(([address, mail]) => [address, change(mail, address, cursors.get(address))]))
});

const posting = (change: (address: string, message: string) => [string, string]) => (mailbox: InMemoryMailbox) => ({
    post: (address: string, message: string) => mailbox.post(...change(address, message))
});

export const mailboxSabotage: Sabotage<NoLimits, MailboxUnderTest> = {
    contract: mailboxContract,
    sound: async () => {
        const mailbox = new InMemoryMailbox();
        return { mailbox: () => mailbox, close: async () => undefined };
    },
    patienceMs: 300,
    saboteurs: [
        saboteur('without a cursor it begins with all that is kept', 'collect: without a cursor', mailbox => ({
            collect: cursors => mailbox.collect(new Map([...cursors].map(([address, cursor]) => [address, cursor ?? ''])))
        })),
        saboteur('the first message of an address is taken for an old one', 'collect: without a cursor', mailbox => {
            const known = new Set<string>();
            return {
                post: async (address, message) => {
                    if (known.has(address)) await mailbox.post(address, message);
                    known.add(address);
                }
            };
        }),
        saboteur('the beginning is this moment', 'collect: from the beginning', mailbox => ({
            collect: cursors => mailbox.collect(new Map([...cursors].map(([address, cursor]) => [address, cursor || undefined])))
        })),
        saboteur(
            'the cursor stays where it was',
            ['collect: what came since', 'collect: from the beginning'],
            changing((mail, _, cursor) => ({ ...mail, cursor: cursor ?? mail.cursor }))
        ),
        saboteur(
            'messages are in the wrong order',
            ['collect: what came since', 'collect: from the beginning'],
            changing(mail => ({ ...mail, messages: [...mail.messages].reverse() }))
        ),
        saboteur(
            'of many messages some are left out',
            'collect: what came since',
            changing(mail => ({ ...mail, messages: mail.messages.slice(0, 20) }))
        ),
        saboteur('an address without mail is not answered for', 'collect: answers for every address', mailbox => ({
            collect: async cursors => new Map([...(await mailbox.collect(cursors))].filter(([, { messages }]) => messages.length > 0))
        })),
        saboteur('an address is a pattern', 'collect: answers for every address', mailbox => ({
            collect: async cursors => {
                const mail = await mailbox.collect(cursors);
                const star = mail.get('session/*');
                const x = cursors.has('session/:x:') && mail.get('session/:x:');
                return star && x ? new Map([...mail, ['session/*', { ...star, messages: [...star.messages, ...x.messages] }]]) : mail;
            }
        })),
        saboteur('addresses are told apart by their first letters only', 'collect: answers for every address', mailbox => ({
            post: (address, message) => mailbox.post(address.slice(0, 6), message),
            collect: async cursors => {
                const entries = await Promise.all(
                    [...cursors].map(async ([address, cursor]) => {
                        const mail = await mailbox.collect(new Map([[address.slice(0, 6), cursor]]));
                        return [address, mail.get(address.slice(0, 6))!] as const;
                    })
                );
                return new Map(entries);
            }
        })),
        saboteur('mail is given once', 'collect: removes nothing', mailbox => {
            const given = new Map<string, string>();
            return {
                collect: async cursors => {
                    const mail = new Map(await mailbox.collect(cursors));
                    for (const [address, one] of mail) {
                        const before = Number(given.get(address) ?? 0);
                        if (one.messages.length > 0 && Number(one.cursor) <= before) mail.set(address, { ...one, messages: [] });
                        if (one.messages.length > 0) given.set(address, one.cursor);
                    }
                    return mail;
                }
            };
        }),
        saboteur(
            'line ends are lost',
            'post: a message arrives',
            posting((address, message) => [address, message.trim()])
        ),
        saboteur(
            'a long message is cut',
            'post: a message arrives',
            posting((address, message) => [address, message.slice(0, 100_000)])
        ),
        saboteur(
            'an empty message is none',
            'post: a message arrives',
            changing(mail => ({ ...mail, messages: mail.messages.filter(message => message !== '') }))
        ),
        saboteur('everything is kept', 'post: an address holds', () => {
            const all = new Map<string, string[]>();
            return {
                post: async (address, message) => void all.set(address, [...(all.get(address) ?? []), message]),
                collect: async cursors =>
                    new Map(
                        [...cursors].map(([address, cursor]) => {
                            const messages = all.get(address) ?? [];
                            const from = cursor === undefined ? messages.length : Number(cursor);
                            return [address, { messages: messages.slice(from), cursor: String(messages.length) }];
                        })
                    )
            };
        }),
        saboteur('the newest message alone is kept', 'post: an address holds', mailbox => ({
            collect: async cursors => {
                const mail = await mailbox.collect(cursors);
                return new Map([...mail].map(([address, one]) => [address, { ...one, messages: one.messages.slice(-1) }]));
            }
        })),
        saboteur('of many messages the oldest are kept', 'post: an address holds', mailbox => {
            const counts = new Map<string, number>();
            return {
                post: async (address, message) => {
                    const count = counts.get(address) ?? 0;
                    counts.set(address, count + 1);
                    if (count < 500) await mailbox.post(address, message);
                }
            };
        })
    ]
};
