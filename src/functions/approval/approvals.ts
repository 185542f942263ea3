import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Keyv } from 'keyv';
import type { Ledger } from '../../conversation/ledger.ts';
import { APPROVALS } from '../../conversation/namespaces.ts';
import type { Logger } from '../../log.ts';
import type { Platform, Word } from '../../platform.ts';
import { Problem } from '../../problem.ts';
import type { Store } from '../../store/store.ts';
import type { Decision } from '../../view.ts';
import type { Question } from './question.ts';
import { alreadyDecided, NOT_DECIDED, NOT_KNOWN, NOT_OPEN, NOT_TO_BE_KNOWN, notForYou } from './sentences.ts';

/** Tells the process that waits for a decision that there is one. */
const DECIDED = 'decided';

/** How often a decision is looked for, in ms: who was cut off from the database has not heard of it. */
const LOOK_MS = 2_000;

/** A decision is kept for longer than any run waits for it, in ms; the end of its turn deletes it. */
const KEPT_MS = 60 * 60_000;

/** So long after its time, in ms, a question is taken for unanswered where the store does not say: nobody waits for ever. */
const PATIENCE_MS = 20_000;

/** More of a reason is not read. */
export const LONGEST_REASON = 1_000;

export interface ApprovalsOptions {
  store: Pick<Store, 'keyv' | 'setOnce' | 'signals'>;
  ledger: Pick<Ledger, 'find'>;
  /** Where a conversation is. */
  platformOf: (conversation: string) => Pick<Platform, 'namesOf'> | undefined;
  log: Logger;
}

/** A decision as it is kept, and what tells the word that made it from others. */
export interface KeptDecision {
  readonly decision: Decision;
  readonly word: string;
}

type Pressed = Pick<Word, 'conversation' | 'approval' | 'person'>;

/**
 * People's words on calls. What is asked stands in the record of its turn, for every process to see; what is decided is
 * set once in the store, so that of all who press, in whichever processes, one decides.
 */
export class Approvals {
  readonly #options: ApprovalsOptions;
  readonly #decisions: Keyv<KeptDecision>;

  constructor(options: ApprovalsOptions) {
    this.#options = options;
    this.#decisions = options.store.keyv(APPROVALS);
  }

  /** Why a person's word would not count, as a sentence for them; undefined when it would. Never rejects. */
  async objection({ conversation, approval, person }: Pressed): Promise<string | undefined> {
    try {
      const question = await this.#open(conversation, approval);
      if (typeof question === 'string') return question;
      return (await this.#isTheirs(question, conversation, person.id)) ? undefined : notForYou(question);
    } catch (err) {
      this.#options.log.warn(
        { err, conversation },
        'whether somebody may approve a call could not be found out',
      );
      return err instanceof Problem ? NOT_TO_BE_KNOWN : NOT_KNOWN;
    }
  }

  /** Takes a person's word, the first one. Never rejects. */
  async decide(word: Word): Promise<string | undefined> {
    const objection = await this.objection(word);
    if (objection !== undefined) return objection;
    const { conversation, approval, person: by, isApproved, reason } = word;
    const said: Decision = {
      isApproved,
      at: Date.now(),
      by,
      ...(reason?.trim() && { reason: reason.trim().slice(0, LONGEST_REASON).toWellFormed() }),
    };
    try {
      const own = randomUUID();
      const { decision, word: first } = await this.#set(conversation, approval, said, own);
      return first === own ? undefined : alreadyDecided(decision);
    } catch (err) {
      this.#options.log.warn({ err, conversation }, 'a decision on a call could not be kept');
      return NOT_DECIDED;
    }
  }

  /**
   * What becomes of a question: what somebody says, or a no when its time is over. Undefined when `signal` aborts before.
   * Never rejects: a store that fails is asked again.
   * @param onLook Called whenever it is looked for, every two seconds. Never rejects.
   */
  async awaits(
    conversation: string,
    { id, until }: Question,
    { signal, onLook }: { signal: AbortSignal; onLook: () => void },
  ): Promise<Decision | undefined> {
    const key = keyOf(conversation, id);
    let heard = Promise.withResolvers<void>();
    const end = this.#options.store.signals.on(DECIDED, (text) => text === key && heard.resolve());
    try {
      while (!signal.aborted) {
        heard = Promise.withResolvers();
        const decision = await this.#look(conversation, id, until);
        if (decision || signal.aborted) return decision;
        onLook();
        const isLate = Date.now() >= until;
        const rest = isLate ? LOOK_MS : Math.min(LOOK_MS, until - Date.now());
        await Promise.race([heard.promise, sleep(rest, undefined, { signal, ref: false }).catch(() => {})]);
      }
      return undefined;
    } finally {
      end();
    }
  }

  /** Nothing is kept any more of what was decided. */
  async forget(conversation: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#decisions.deleteMany(ids.map((id) => keyOf(conversation, id)));
  }

  async #look(conversation: string, id: string, until: number): Promise<Decision | undefined> {
    try {
      const said = await this.#decisions.get(keyOf(conversation, id));
      const isLate = Date.now() >= until;
      const kept = said ?? (isLate ? await this.#set(conversation, id, tooLate()) : undefined);
      return kept?.decision;
    } catch (err) {
      this.#options.log.warn({ err, conversation }, 'whether a call is approved is not known yet');
      return Date.now() < until + PATIENCE_MS ? undefined : tooLate();
    }
  }

  /** Sets what nobody has set before; gives what is there then. */
  async #set(
    conversation: string,
    id: string,
    decision: Decision,
    word: string = randomUUID(),
  ): Promise<KeptDecision> {
    const { store } = this.#options;
    const key = keyOf(conversation, id);
    const kept = await store.setOnce<KeptDecision>(APPROVALS, key, { decision, word }, KEPT_MS);
    await store.signals.send(DECIDED, key).catch(() => {});
    return kept;
  }

  /** The question, if it waits for an answer; otherwise a sentence that says why it does not. */
  async #open(conversation: string, id: string): Promise<Question | string> {
    const record = await this.#options.ledger.find(conversation);
    const question = Object.values(record?.approvals ?? {}).find((one) => one.id === id);
    if (!question) return NOT_OPEN;
    const decision = question.decision ?? (await this.#decisions.get(keyOf(conversation, id)))?.decision;
    if (decision) return alreadyDecided(decision);
    return Date.now() < question.until ? question : alreadyDecided(tooLate());
  }

  /** Whether a question is for this person to answer. */
  async #isTheirs({ approve, asker }: Question, conversation: string, person: string): Promise<boolean> {
    if (approve === 'channel') return true;
    if (approve === 'asker') return person === asker.id;
    const names = await this.#options.platformOf(conversation)?.namesOf?.(person, approve);
    return names?.some((name) => approve.includes(name)) ?? false;
  }
}

/** The key of a decision. An id holds no space. */
function keyOf(conversation: string, id: string): string {
  return `${conversation} ${id}`;
}

function tooLate(): Decision {
  return { isApproved: false, at: Date.now() };
}
