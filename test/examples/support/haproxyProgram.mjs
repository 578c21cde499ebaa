import { findProgram, installPackage } from '../../../scripts/services/install.mjs';

const folders = ['/usr/sbin', '/usr/local/sbin'];

/** The path of an HAProxy: one that is installed, or Debian's, which is installed now. */
export function haproxyProgram() {
    const found = process.env.HAPROXY_PATH ?? findProgram('haproxy', folders);
    if (found === undefined) installPackage('haproxy', { service: 'HAProxy', envName: 'HAPROXY_PATH', say: console.log });
    return found ?? findProgram('haproxy', folders);
}
