import type { Claim, Entry } from '../../queue.ts';
import type { Session } from '../session/session.ts';
import type { Owned } from './claims.ts';

/** A claim that is lost with the session in which it was made. */
export class PostgresClaim<T> implements Claim<T> {
  readonly key: string;
  readonly isTakenOver: boolean;
  /** The number of the process that has it. */
  readonly process: number;
  /** Whether the work has come to the end of anything. */
  hasDone = false;
  isIdle = false;
  /** What the worker has been given and is not done. */
  #unfinished: Set<string> | undefined;
  readonly #loss = new AbortController();
  readonly #access: Pick<Claim<T>, 'entries' | 'done'>;

  constructor(
    { key, isTakenOver }: Owned,
    { process, lost }: Session,
    access: Pick<Claim<T>, 'entries' | 'done'>,
  ) {
    this.key = key;
    this.isTakenOver = isTakenOver;
    this.process = process;
    this.#access = access;
    if (lost.aborted) this.lose(lost.reason);
  }

  get lost(): AbortSignal {
    return this.#loss.signal;
  }

  /** Whether something of it may be half done. */
  get isBegun(): boolean {
    return this.#unfinished ? this.#unfinished.size > 0 : this.isTakenOver;
  }

  /** Others may have it from now on. */
  lose(reason: unknown): void {
    this.#loss.abort(reason);
  }

  idle(isIdle: boolean): void {
    this.isIdle = isIdle;
  }

  async entries(): Promise<Entry<T>[]> {
    this.lost.throwIfAborted();
    const entries = await this.#access.entries();
    this.#unfinished = new Set(entries.map(({ id }) => id));
    return entries;
  }

  async done(ids: readonly string[]): Promise<void> {
    this.lost.throwIfAborted();
    await this.#access.done(ids);
    for (const id of ids) this.#unfinished?.delete(id);
    this.hasDone = true;
  }
}
