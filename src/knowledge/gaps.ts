import type { Keyv } from 'keyv';
import { GAPS } from '../conversation/namespaces.ts';
import { KeyedQueue } from '../keyed-queue.ts';
import type { Store } from '../store/store.ts';

/** Why a question counts as unanswered: nothing good was found, or somebody was not content with the answer. */
export type GapReason = 'not found' | 'thumbs down';

/** A question that the team's knowledge did not answer. */
export interface Gap {
  /** The platform's id of the message that asked it, the first one where there are several. */
  readonly message: string;
  /** The ids of the others. */
  readonly more?: readonly string[];
  readonly question: string;
  readonly reason: GapReason;
  /** The id of the person who was not content. */
  readonly person?: string;
  /** When it was noted: Unix time in ms. */
  readonly at: number;
}

/** A long message is shortened to so many UTF-16 code units: it is there to be read in a list. */
const LONGEST_QUESTION = 500;

/** The newest of a conversation; more would say no more. */
const MOST_OF_A_CONVERSATION = 50;

/** So many conversations are read at once. */
const PAGE = 100;

/**
 * The questions that were not answered. They are kept with their conversation: what makes it or a message of it forgotten
 * makes them forgotten, too.
 */
export class Gaps {
  readonly #store: Pick<Store, 'keyv' | 'page'>;
  readonly #kept: Keyv<readonly Gap[]>;
  readonly #writing = new KeyedQueue();

  constructor(store: Pick<Store, 'keyv' | 'page'>) {
    this.#store = store;
    this.#kept = store.keyv(GAPS);
  }

  /** Notes a question once for each reason and person. */
  async note(conversation: string, gap: Omit<Gap, 'at'>): Promise<void> {
    const question = gap.question.replace(/\s+/g, ' ').trim().slice(0, LONGEST_QUESTION).toWellFormed();
    if (question === '') return;
    await this.#change(conversation, (gaps) => {
      const others = gaps.filter((other) => !isSame(other, gap));
      return [...others, { ...gap, question, at: Date.now() }].slice(-MOST_OF_A_CONVERSATION);
    });
  }

  /** The question was answered after all, or the person thinks better of it. */
  async takeBack(conversation: string, gap: Pick<Gap, 'message' | 'reason' | 'person'>): Promise<void> {
    await this.#forget(conversation, (other) => isSame(other, gap));
  }

  /** Forgets what some messages asked, or all that a conversation did; how much that was. */
  forget(conversation: string, messages?: readonly string[]): Promise<number> {
    const isMeant = ({ message, more = [] }: Gap) =>
      !messages || [message, ...more].some((id) => messages.includes(id));
    return this.#forget(conversation, isMeant);
  }

  /** Forgets what a person thinks of answers; how often that was noted. */
  async forgetPerson(person: string): Promise<number> {
    const all = await this.all();
    const conversations = new Set(all.filter((gap) => gap.person === person).map((gap) => gap.conversation));
    let forgotten = 0;
    for (const conversation of conversations)
      forgotten += await this.#forget(conversation, (gap) => gap.person === person);
    return forgotten;
  }

  /** All of them, the newest first. */
  async all(): Promise<(Gap & { conversation: string })[]> {
    const all: (Gap & { conversation: string })[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: [string, readonly Gap[]][] = await this.#store.page(GAPS, after, PAGE);
      for (const [conversation, gaps] of page) all.push(...gaps.map((gap) => ({ ...gap, conversation })));
      after = page.length < PAGE ? undefined : page.at(-1)?.[0];
    }
    return all.sort((a, b) => b.at - a.at);
  }

  async #forget(conversation: string, isMeant: (gap: Gap) => boolean): Promise<number> {
    let forgotten = 0;
    await this.#change(conversation, (gaps) => {
      const left = gaps.filter((gap) => !isMeant(gap));
      forgotten = gaps.length - left.length;
      return left;
    });
    return forgotten;
  }

  #change(conversation: string, change: (gaps: readonly Gap[]) => readonly Gap[]): Promise<void> {
    return this.#writing.run(conversation, async () => {
      const before = (await this.#kept.get(conversation)) ?? [];
      const after = change(before);
      if (after.length > 0) await this.#kept.set(conversation, after);
      else if (before.length > 0) await this.#kept.delete(conversation);
    });
  }
}

function isSame(gap: Gap, other: Pick<Gap, 'message' | 'reason' | 'person'>): boolean {
  return gap.message === other.message && gap.reason === other.reason && gap.person === other.person;
}
