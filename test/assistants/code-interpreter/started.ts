import type { Lendable } from '../../../src/assistants/code-interpreter/pool.ts';

/** A process whose start ends when the test says so. */
export class Started implements Lendable {
  isDead = false;
  readonly #started = Promise.withResolvers<Started>();
  readonly promise = this.#started.promise;
  isStarting = true;

  settle(error?: Error): void {
    this.isStarting = false;
    this.isDead = error !== undefined;
    if (error) this.#started.reject(error);
    else this.#started.resolve(this);
  }

  kill(): void {
    this.isDead = true;
  }
}

/** Lets everything happen that waits for nothing but promises. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
