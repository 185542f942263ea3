import { z } from 'zod';
import { KeyedQueue } from '../keyed-queue.ts';
import type { Store } from '../store/store.ts';
import { GAPS } from './namespaces.ts';
import type { Question } from './questions.ts';

/** Of a longer question this is kept, in UTF-16 code units: enough to know what it is about. */
const LONGEST_QUESTION = 2_000;

/** So many are read at once. */
const PAGE = 100;

const gap = z.object({
  /** What people asked. */
  question: z.string(),
  /** Unix time in ms. */
  askedAt: z.number(),
  /** The platform's ids of the messages that asked it. */
  messages: z.array(z.string()),
  /** Nothing was found that answers it. */
  unanswered: z.boolean(),
  /** The ids of the people who find the answer bad. */
  bad: z.array(z.string()),
});

/** A question that the team's documents do not answer well, with the conversation that it was asked in. */
export type Gap = Readonly<z.infer<typeof gap>>;

/**
 * Questions without a good answer, for those who write the documents. They are kept as long as the conversation is, and
 * go with what is deleted of it. A key is a conversation, a space, and the first message's id.
 */
export class Gaps {
  readonly #store: Pick<Store, 'keyv' | 'page'>;
  readonly #order = new KeyedQueue();

  constructor(store: Pick<Store, 'keyv' | 'page'>) {
    this.#store = store;
  }

  /** Nothing was found that answers the question; or, after all, something was. */
  note(question: Question, unanswered: boolean): Promise<void> {
    return this.#change(question, (known) => ({ ...known, unanswered }));
  }

  /** A person finds the answer bad, or does not any more. */
  rate(question: Question, person: string, isBad: boolean): Promise<void> {
    return this.#change(question, (known) => {
      const others = known.bad.filter((one) => one !== person);
      return { ...known, bad: isBad ? [...others, person] : others };
    });
  }

  /** All of them, with their conversations. */
  async *all(): AsyncGenerator<[conversation: string, gap: Gap]> {
    for await (const [key, known] of this.#from('')) yield [key.slice(0, key.lastIndexOf(' ')), known];
  }

  /** Deletes those of a conversation, or of some of its messages alone; how many that were. */
  async forget(conversation: string, messages?: readonly string[]): Promise<number> {
    const isMeant = (known: Gap) => !messages || known.messages.some((id) => messages.includes(id));
    let count = 0;
    for await (const [key, known] of this.#from(`${conversation} `)) {
      if (!key.startsWith(`${conversation} `)) break;
      if (isMeant(known) && (await this.#kept.delete(key))) count++;
    }
    return count;
  }

  /** Takes back what a person thinks of answers to others; how often that was noted. */
  async forgetRatings(person: string): Promise<number> {
    let count = 0;
    for await (const [key, known] of this.#from('')) {
      if (!known.bad.includes(person)) continue;
      await this.#keep(key, { ...known, bad: known.bad.filter((one) => one !== person) });
      count++;
    }
    return count;
  }

  get #kept() {
    return this.#store.keyv<Gap>(GAPS);
  }

  #change(question: Question, change: (known: Gap) => Gap): Promise<void> {
    const { conversation, messages, text, askedAt } = question;
    const key = `${conversation} ${messages[0] ?? ''}`;
    return this.#order.run(key, async () => {
      const known = gap.safeParse(await this.#kept.get(key)).data;
      const fresh = { askedAt, unanswered: false, bad: [], ...known, messages: [...messages] };
      await this.#keep(key, change({ ...fresh, question: text.slice(0, LONGEST_QUESTION).toWellFormed() }));
    });
  }

  async #keep(key: string, changed: Gap): Promise<void> {
    if (changed.unanswered || changed.bad.length > 0) await this.#kept.set(key, changed);
    else await this.#kept.delete(key);
  }

  async *#from(start: string): AsyncGenerator<[key: string, gap: Gap]> {
    for (let after: string | undefined = start; after !== undefined; ) {
      const page: [string, unknown][] = await this.#store.page(GAPS, after, PAGE);
      for (const [key, value] of page) {
        const { data } = gap.safeParse(value);
        if (data) yield [key, data];
      }
      after = page.length < PAGE ? undefined : page.at(-1)?.[0];
    }
  }
}
