import type { TurnRecord } from '../../conversation/ledger.ts';
import {
  APPROVALS,
  CONVERSATIONS,
  RECEIVED,
  RETRACTED,
  SEARCHED,
  SIGNS,
  TOLD,
  TURNS,
  TURNS_AN_HOUR,
} from '../../conversation/namespaces.ts';
import { platformOf } from '../../conversation/people.ts';
import type { KeptDecision } from '../../functions/approval/approvals.ts';
import { Gaps } from '../../knowledge/gaps.ts';
import type { IncomingMessage } from '../../platform.ts';
import type { Entry, Queue } from '../../store/queue.ts';
import type { Store } from '../../store/store.ts';

/** So many notes are read at once. */
const PAGE = 100;

/** Where what people wrote waits; what is typed into a terminal waits in its process alone. */
export const QUEUES = ['slack', 'discord'];

/** Their keys are a conversation, a space, and a message's id. The first is of an earlier release. */
const BY_MESSAGE = ['seen', RETRACTED];

/** Their keys begin with a person, named with their platform, and a space. */
const BY_PERSON = [TURNS_AN_HOUR, TOLD];

/** Its keys are a conversation, a space, and the id of what was asked. */
const BY_QUESTION = [APPROVALS];

/** Their keys are conversations. */
const BY_CONVERSATION = [CONVERSATIONS, TURNS, SEARCHED, SIGNS];

/** The queue of a conversation is named like its platform. */
export function queueOf(conversation: string): string {
  return platformOf(conversation);
}

/** For the keys of a queue to be given out, in ms: those that another process works on are answered now, and never are. */
const PATIENCE_MS = 2_000;

/** What the bot notes of conversations beside what was said in them. */
export class ConversationRecords {
  readonly #store: Store;
  readonly #gaps: Gaps;

  constructor(store: Store) {
    this.#store = store;
    this.#gaps = new Gaps(store);
  }

  /** Deletes all that is noted of a conversation, messages that wait included; how much that was. */
  async delete(conversation: string): Promise<number> {
    return (
      (await this.#store.queue(queueOf(conversation)).forget(conversation)) +
      (await this.deleteNotes(conversation))
    );
  }

  /** The same without the messages that wait. */
  async deleteNotes(conversation: string): Promise<number> {
    const { keyv } = this.#store;
    let count = await this.#gaps.forget(conversation);
    for (const namespace of BY_CONVERSATION) if (await keyv(namespace).delete(conversation)) count++;
    for (const namespace of [...BY_MESSAGE, ...BY_QUESTION])
      count += await this.#deleteWithPrefix(namespace, `${conversation} `);
    await keyv(RECEIVED).delete(`conversation/${conversation}`);
    // What the terminal chat would go on with.
    if ((await keyv('console').get('conversation')) === conversation) {
      await keyv('console').delete('conversation');
      count++;
    }
    return count;
  }

  /** Deletes what is noted of some messages of a conversation, and how far their answers are. */
  async deleteMessages(conversation: string, ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0;
    const { keyv } = this.#store;
    let count = await this.#gaps.forget(conversation, ids);
    if (await keyv(TURNS).delete(conversation)) count++;
    for (const namespace of BY_QUESTION) count += await this.#deleteWithPrefix(namespace, `${conversation} `);
    for (const namespace of BY_MESSAGE)
      for (const id of ids) if (await keyv(namespace).delete(`${conversation} ${id}`)) count++;
    return count;
  }

  /** Takes what a person wrote out of the queue, so that it is not answered; how many messages that were. */
  async deleteWaiting(person: string): Promise<number> {
    const isTheirs = ({ data }: Entry<IncomingMessage>) => data.author.id === person;
    let count = 0;
    for (const name of QUEUES) count += await dropWaiting(this.#store.queue<IncomingMessage>(name), isTheirs);
    return count;
  }

  /** Takes back what a person thinks of answers to others; how often that was noted. */
  deleteRatings(person: string): Promise<number> {
    return this.#gaps.forgetPerson(person);
  }

  /** Deletes what a person decided on calls of turns that are not over, and with it how far those are; how often that was. */
  async deleteWords(person: string): Promise<number> {
    const decided = await this.#keysWith<KeptDecision>(
      APPROVALS,
      ({ decision }) => decision.by?.id === person,
    );
    const turns = await this.#keysWith<TurnRecord>(TURNS, ({ approvals = {} }) =>
      Object.values(approvals).some(
        ({ asker, decision }) => asker.id === person || decision?.by?.id === person,
      ),
    );
    if (decided.length > 0) await this.#store.keyv(APPROVALS).deleteMany(decided);
    if (turns.length > 0) await this.#store.keyv(TURNS).deleteMany(turns);
    return decided.length + turns.length;
  }

  /** Deletes which turns a person has had of late, and what they were told of that; how many notes those were. */
  async deleteTurns(person: string): Promise<number> {
    let count = 0;
    for (const namespace of BY_PERSON)
      for (const platform of QUEUES)
        count += await this.#deleteWithPrefix(namespace, `${platform}:${person} `);
    return count;
  }

  async #keysWith<T>(namespace: string, isMeant: (value: T) => boolean): Promise<string[]> {
    const found: string[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: [string, T][] = await this.#store.page<T>(namespace, after, PAGE);
      found.push(...page.filter(([, value]) => isMeant(value)).map(([key]) => key));
      after = page.length < PAGE ? undefined : page.at(-1)?.[0];
    }
    return found;
  }

  async #deleteWithPrefix(namespace: string, prefix: string): Promise<number> {
    let count = 0;
    for (let after = prefix; ; ) {
      const page = await this.#store.page(namespace, after, PAGE);
      const keys = page.map(([key]) => key).filter((key) => key.startsWith(prefix));
      if (keys.length > 0) await this.#store.keyv(namespace).deleteMany(keys);
      count += keys.length;
      const last = keys.at(-1);
      if (last === undefined || keys.length < PAGE) return count;
      after = last;
    }
  }
}

/** Declares entries done that nobody shall work on. Those of others stay as they are. */
async function dropWaiting<T>(queue: Queue<T>, isMeant: (entry: Entry<T>) => boolean): Promise<number> {
  const known = new Set<string>();
  let dropped = 0;
  let late: NodeJS.Timeout | undefined;
  const total = await queue.depth();
  if (total === 0) return 0;
  await new Promise<void>((resolve, reject) => {
    late = setTimeout(resolve, PATIENCE_MS);
    const work: Parameters<typeof queue.start>[0] = async (claim) => {
      const entries = await claim.entries();
      const meant = entries.filter(isMeant).filter(({ id }) => !known.has(id));
      for (const { id } of entries) known.add(id);
      if (meant.length > 0) await claim.done(meant.map(({ id }) => id));
      dropped += meant.length;
      if (known.size >= total) resolve();
    };
    queue.start((claim) => work(claim).catch(reject)).catch(reject);
  }).finally(() => clearTimeout(late));
  await queue.stop();
  return dropped;
}
