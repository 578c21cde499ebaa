import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** Addresses that are not reached over the public network. */
const own = new BlockList();
const networks: readonly [string, number][] = [
    ['127.0.0.0', 8],
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['169.254.0.0', 16],
    ['100.64.0.0', 10]
];
networks.forEach(([network, prefix]) => own.addSubnet(network, prefix, 'ipv4'));
own.addAddress('::1', 'ipv6');
own.addSubnet('fc00::', 7, 'ipv6');
own.addSubnet('fe80::', 10, 'ipv6');

export function isPublicAddress(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && !own.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Whether a name, or an address, leads over the public network. A name that cannot be looked up does not. */
export async function isPublicHost(host: string): Promise<boolean> {
    const bare = host.replace(/^\[|\]$/g, '');
    if (isIP(bare) !== 0) {
        return isPublicAddress(bare);
    }
    try {
        return (await lookup(bare, { all: true })).some(({ address }) => isPublicAddress(address));
    } catch {
        return false; // That it cannot be reached is found elsewhere.
    }
}
