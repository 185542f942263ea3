import type { OpenAI } from 'openai';
import { addTo, Erasure, emptyTally, type Tally } from '../../conversation/erasure/erasure.ts';
import { CONVERSATIONS } from '../../conversation/namespaces.ts';
import type { KeptThread } from '../../conversation/thread/thread-map.ts';
import type { Store } from '../../store/store.ts';
import { ConversationRecords } from './conversation-records.ts';
import { deleteCopies } from './file-copies.ts';

/** What is to be forgotten: all that a person wrote, or all of a conversation. */
export type Whom = { readonly person: string } | { readonly conversation: string };

/** What was deleted, and where. */
export interface Receipt {
  readonly whom: Whom;
  /** On the Assistants server. */
  readonly said: Tally;
  /** The conversations of which nothing is left. */
  readonly conversations: string[];
  /** How many notes of conversations: their threads, ledgers, waiting and seen messages, questions without an answer, ratings. */
  notes: number;
  /** Paths of files that the terminal chat had put down. */
  readonly copies: string[];
}

export interface ForgettingParts {
  store: Store;
  client: OpenAI;
  /** Every thread of the Assistants server, where it can tell. */
  threads?: () => AsyncIterable<KnownThread>;
  dataDir: string;
}

interface KnownThread {
  id: string;
  metadata: unknown;
}

/** So many conversations are read at once. */
const PAGE = 100;

/** Deletes everything of a person or a conversation that Bobbin keeps, and the bytes of it. */
export class Forgetting {
  readonly #parts: ForgettingParts;
  readonly #erasure: Erasure;
  readonly #records: ConversationRecords;

  constructor(parts: ForgettingParts) {
    this.#parts = parts;
    this.#erasure = new Erasure(parts.client);
    this.#records = new ConversationRecords(parts.store);
  }

  async forget(whom: Whom): Promise<Receipt> {
    const receipt: Receipt = { whom, said: emptyTally(), conversations: [], notes: 0, copies: [] };
    if ('person' in whom) await this.#person(whom.person, receipt);
    else await this.#conversation(whom.conversation, receipt);
    const { files, runIds } = receipt.said;
    receipt.copies.push(...(await deleteCopies(this.#parts.dataDir, files, runIds)));
    await this.#parts.store.scrub('whole');
    return receipt;
  }

  async #conversation(conversation: string, receipt: Receipt): Promise<void> {
    for await (const thread of this.#threads())
      if (thread.conversation === conversation) addTo(receipt.said, await this.#erasure.thread(thread.id));
    const notes = await this.#records.delete(conversation);
    receipt.notes += notes;
    if (notes > 0) receipt.conversations.push(conversation);
  }

  async #person(person: string, receipt: Receipt): Promise<void> {
    for await (const { id, conversation } of this.#threads()) {
      const { left, theirs, tally } = await this.#erasure.person(id, person);
      addTo(receipt.said, tally);
      if (conversation === undefined) continue;
      receipt.notes += await this.#records.deleteMessages(conversation, theirs);
      // Nobody else wrote there.
      if (theirs.length > 0 && left === 0) await this.#conversation(conversation, receipt);
    }
    receipt.notes += await this.#records.deleteWaiting(person);
    receipt.notes += await this.#records.deleteRatings(person);
    receipt.notes += await this.#records.deleteWords(person);
    receipt.notes += await this.#records.deleteTurns(person);
  }

  /** Each thread once, with the conversation that it is or was of. */
  async *#threads(): AsyncGenerator<{ id: string; conversation: string | undefined }> {
    const current = new Map<string, string>();
    for await (const [conversation, kept] of this.#conversations())
      current.set(typeof kept === 'string' ? kept : kept.id, conversation);
    for await (const { id, metadata } of this.#parts.threads?.() ?? []) {
      const { conversation } = Object(metadata);
      yield {
        id,
        conversation: current.get(id) ?? (typeof conversation === 'string' ? conversation : undefined),
      };
      current.delete(id);
    }
    for (const [id, conversation] of current) yield { id, conversation };
  }

  async *#conversations(): AsyncGenerator<[string, KeptThread]> {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: [string, KeptThread][] = await this.#parts.store.page(CONVERSATIONS, after, PAGE);
      yield* page;
      after = page.length < PAGE ? undefined : page.at(-1)?.[0];
    }
  }
}
