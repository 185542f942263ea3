import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Replicas, Signals } from '../store/signals.ts';

/** What people ask to stop. */
const STOP = 'stop';
/** What answers that, with the wish's id. */
const STOPPED = 'stopped';

/** For the process that takes the turn to answer, in ms: a signal takes a few. */
const ANSWER_MS = 1_000;

/** Stops a conversation's turn, whichever process takes it. */
export class Stops {
  readonly #signals: Signals;
  readonly #replicas: Replicas;
  readonly #stopHere: (conversation: string) => boolean;
  readonly #end: () => void;

  constructor(signals: Signals, replicas: Replicas, stopHere: (conversation: string) => boolean) {
    this.#signals = signals;
    this.#replicas = replicas;
    this.#stopHere = stopHere;
    this.#end = signals.on(STOP, (text) => this.#asked(text));
  }

  /** Says whether there was a turn to stop, as far as is known. Never rejects. */
  async stop(conversation: string): Promise<boolean> {
    if (this.#stopHere(conversation)) return true;
    return this.#replicas.count > 1 && this.#stopElsewhere(conversation).catch(() => false);
  }

  close(): void {
    this.#end();
  }

  async #stopElsewhere(conversation: string): Promise<boolean> {
    const id = randomUUID();
    const { promise: stopped, resolve } = Promise.withResolvers<boolean>();
    const end = this.#signals.on(STOPPED, (text) => text === id && resolve(true));
    try {
      await this.#signals.send(STOP, `${id} ${conversation}`);
      return await Promise.race([stopped, sleep(ANSWER_MS, false)]);
    } finally {
      end();
    }
  }

  #asked(text: string): void {
    const [id = '', ...conversation] = text.split(' ');
    if (this.#stopHere(conversation.join(' '))) this.#signals.send(STOPPED, id).catch(() => {});
  }
}
