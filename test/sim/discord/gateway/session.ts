import { randomBytes } from 'node:crypto';

export interface Packet {
  op: unknown;
  d: unknown;
  s: number | null;
  t: unknown;
}

export interface Identity {
  intents: number;
  /** This shard's number, and how many there are. */
  shard: readonly [number, number];
}

/** One IDENTIFY and what has been sent for it; it outlives its socket, so that it can be resumed. */
export class Session {
  readonly id = randomBytes(16).toString('hex');
  readonly intents: number;
  readonly shard: readonly [number, number];
  /** How packets leave; null while no socket is attached. */
  send: ((packet: Packet) => void) | null = null;
  /** When it stops being resumable; null while a socket is attached. */
  expiresAt: number | null = null;
  readonly #sent: Packet[] = [];

  constructor(identity: Identity) {
    this.intents = identity.intents;
    this.shard = identity.shard;
  }

  get sequence(): number {
    return this.#sent.length;
  }

  dispatch(t: unknown, d: unknown): void {
    const packet = { op: 0, t, s: this.sequence + 1, d };
    this.#sent.push(packet);
    this.send?.(packet);
  }

  /** What a client that saw everything up to here has missed. */
  missedSince(sequence: number): Packet[] {
    return this.#sent.slice(sequence);
  }

  /** Guilds are spread over the shards; direct messages go to the first. */
  serves(guildId: string | null): boolean {
    const [number, count] = this.shard;
    return (guildId === null ? 0 : Number((BigInt(guildId) >> 22n) % BigInt(count))) === number;
  }
}
