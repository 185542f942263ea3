import { KeyedQueue } from '../keyed-queue.ts';
import type { Gaps } from '../knowledge/gaps.ts';
import type { Logger } from '../log.ts';
import type { Rating } from '../platform.ts';
import type { Questions } from './questions.ts';

/** Brings what people think of answers to the questions that they answer. */
export class Ratings {
  readonly #gaps: Pick<Gaps, 'note' | 'takeBack'>;
  readonly #questions: Pick<Questions, 'find'>;
  readonly #log: Logger;
  readonly #order = new KeyedQueue();
  readonly #running = new Set<Promise<void>>();

  constructor(gaps: Pick<Gaps, 'note' | 'takeBack'>, questions: Pick<Questions, 'find'>, log: Logger) {
    this.#gaps = gaps;
    this.#questions = questions;
    this.#log = log;
  }

  /** Takes ratings of a conversation in their order. Never rejects. */
  async take(rating: Rating): Promise<void> {
    const taken = this.#order.run(rating.conversation, () => this.#note(rating));
    this.#running.add(taken);
    await taken;
    this.#running.delete(taken);
  }

  /** Resolves when all that came is noted. */
  async taken(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #note({ conversation, person, opinion, answers }: Rating): Promise<void> {
    try {
      const question = await this.#questions.find(conversation, answers);
      if (!question) return;
      const gap = { ...question, reason: 'thumbs down' as const, person };
      if (opinion === 'bad') await this.#gaps.note(conversation, gap);
      else await this.#gaps.takeBack(conversation, gap);
    } catch (error) {
      this.#log.warn({ err: error, conversation }, 'what a person thinks of an answer could not be noted');
    }
  }
}
