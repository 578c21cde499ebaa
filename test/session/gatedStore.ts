import type { SessionStore } from '@mcp-sessions/core';
import { gate, type Gated } from '../support/gate.js';

export type GatedStore = Omit<Gated<SessionStore>, 'gated'> & { store: SessionStore };

/** A store whose calls can be held and whose answers can be lost, to bring about an order of events. */
export function gatedStore(inner: SessionStore): GatedStore {
    const { gated: store, ...controls } = gate(inner);
    return { store, ...controls };
}
