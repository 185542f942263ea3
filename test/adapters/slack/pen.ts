import type { ModelEvent } from '../../../src/assistants/models/model.ts';
import { end, type ScriptedAnswer, text, usage } from '../../sim/scripted-model.ts';

/** An answer that the test writes piece by piece, when it wants. */
export class Pen {
  readonly #events: ModelEvent[] = [];
  #more = Promise.withResolvers<void>();

  /** For `ScriptedModel`. */
  readonly answer: ScriptedAnswer = (_request, signal) => this.#write(signal);

  says(...pieces: string[]): void {
    this.does(...pieces.map(text));
  }

  ends(): void {
    this.does(usage, end('stop'));
  }

  does(...events: ModelEvent[]): void {
    this.#events.push(...events);
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }

  async *#write(signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const stopped = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    );
    for (;;) {
      const event = this.#events.shift();
      if (!event) await Promise.race([this.#more.promise, stopped]);
      else yield event;
      if (event?.type === 'end') return;
    }
  }
}
