import { setTimeout as sleep } from 'node:timers/promises';
import type { Approvals } from '../../functions/approval/approvals.ts';
import type { Approver } from '../../functions/approval/approved-first.ts';
import { idOf, type Question } from '../../functions/approval/question.ts';
import { STOPPED, unreachable, whose } from '../../functions/approval/sentences.ts';
import type { NamedCall } from '../../functions/functions.ts';
import type { Approval } from '../../functions/team-function.ts';
import type { Logger } from '../../log.ts';
import type { IncomingMessage, Platform } from '../../platform.ts';
import { withApprovals } from '../../reply/transcript/approvals.ts';
import type { Transcript } from '../../reply/transcript/transcript.ts';
import type { ApprovalState, Decision } from '../../view.ts';
import type { LedgerEntry } from '../ledger.ts';
import { OPERATORS, platformOf } from '../people.ts';

/** So long somebody has to say yes, in ms: a run has ten minutes for all that it does. */
export const APPROVAL_MS = 8 * 60_000;

/** So long before its run expires it is too late, in ms: the call is still to be made, and the answer to be written. */
const MARGIN_MS = 60_000;

/** What is decided is kept in the turn's record for so long, in ms, until that is given up for the moment. */
const FORGET_MS = 1_000;

/** What those are called who may decide is waited for so long, in ms: who they are is known without. */
const NAMES_MS = 2_000;

/** More than so many nobody reads. */
const MOST_NAMED = 10;

const NOBODY: ReadonlyMap<string, string> = new Map();

export interface TurnApprovalsParts {
  approvals: Pick<Approvals, 'awaits' | 'forget'>;
  /** Whose word a function's calls need. */
  approvalOf: Approver['approvalOf'];
  /** What the model is told of a call that would not be made, so that nobody need be asked; never rejects. */
  objectionTo: (call: NamedCall, signal: AbortSignal) => Promise<string | undefined>;
  displayNames: NonNullable<Platform['displayNames']>;
  entry: LedgerEntry;
  messages: readonly IncomingMessage[];
  /** Whether people have written since the turn began. */
  hasNewer: () => Promise<boolean>;
  /** Waits for people without taking a place of the asker's; simply waits when left out. */
  rest?: <T>(wait: () => Promise<T>) => Promise<T>;
  /** This process lets go of the turn. */
  leave: AbortSignal;
  limitMs?: number | undefined;
  log: Logger;
  /** People should see something else than before. */
  onChange: () => void;
}

/** What people are asked in a turn before calls are made. It stands in the turn's record, and so outlives the process. */
export class TurnApprovals implements Approver {
  readonly #parts: TurnApprovalsParts;
  /** What this process asks about: a run that is not streamed shows its calls only at its end. */
  readonly #calls = new Map<string, NamedCall>();
  /** Looks at the arguments of calls that are made at once, and the end of all of them. */
  #looks: Promise<unknown>[] = [];
  #looked: Promise<unknown> | undefined;
  #isTelling = false;

  constructor(parts: TurnApprovalsParts) {
    this.#parts = parts;
  }

  approvalOf(name: string): Approval | undefined {
    return this.#parts.approvalOf(name);
  }

  async decide(call: NamedCall, approve: Approval, signal: AbortSignal): Promise<Decision | string> {
    const known = this.#questions[call.id];
    const question = known ?? (await this.#asked(call, approve, signal));
    if (typeof question === 'string') return question;
    this.#calls.set(call.id, call);
    this.#tell();
    if (question.decision) return question.decision;
    await this.#surelyKept();
    const waiting = AbortSignal.any([signal, this.#parts.leave]);
    const onLook = () => void this.#noteNewer(call.id);
    const { rest = (wait) => wait() } = this.#parts;
    const decision = await rest(() =>
      this.#parts.approvals.awaits(this.#conversation, question, { signal: waiting, onLook }),
    );
    if (this.#parts.leave.aborted) throw this.#parts.leave.reason;
    if (!decision || signal.aborted) return this.#close(call);
    this.#note(call.id, { decision });
    const { isApproved, by } = decision;
    this.#parts.log.info({ function: call.name, isApproved, by: by?.id }, 'a call was decided on');
    return decision;
  }

  /** The transcript with what is asked, and what was decided. */
  laidOver(transcript: Transcript): Transcript {
    return withApprovals(transcript, this.#states, [...this.#calls.values()]);
  }

  /** The turn is over: what was decided is not kept any more. Never rejects. */
  async forget(): Promise<void> {
    const ids = Object.values(this.#questions).map(({ id }) => id);
    const patience = sleep(FORGET_MS, undefined, { ref: false });
    const forgotten = this.#parts.approvals.forget(this.#conversation, ids).catch((err: unknown) => {
      this.#parts.log.warn({ err }, 'what was decided on calls is kept for an hour');
    });
    await Promise.race([forgotten, patience]);
  }

  /**
   * Asks about a call, or gives its output where that would be of no use. Of calls that are made at once, all are looked at
   * before people are asked about any: they see all of it at the same time, in one order.
   */
  async #asked(call: NamedCall, approve: Approval, signal: AbortSignal): Promise<Question | string> {
    const look = this.#lookAt(call, approve, signal);
    this.#looks.push(look);
    this.#looked ??= Promise.resolve()
      .then(() => Promise.all(this.#looks))
      .finally(() => {
        this.#looks = [];
        this.#looked = undefined;
      });
    await this.#looked;
    const found = await look;
    this.#parts.leave.throwIfAborted();
    if (typeof found === 'string') return found;
    const { limitMs = APPROVAL_MS } = this.#parts;
    const { id, expiresAt = Number.POSITIVE_INFINITY } = call;
    const until = Math.min(Date.now() + limitMs, expiresAt - MARGIN_MS);
    const question = { ...found, until };
    this.#note(id, question);
    return question;
  }

  /** What to ask, or what the model is told instead. Never rejects. */
  async #lookAt(
    call: NamedCall,
    approve: Approval,
    signal: AbortSignal,
  ): Promise<Omit<Question, 'until'> | string> {
    if (!this.#isReachable(approve)) return unreachable(approve);
    const [objection, named] = await Promise.all([
      this.#parts.objectionTo(call, signal),
      this.#namesOf(approve),
    ]);
    if (objection !== undefined) return objection;
    const { messages } = this.#parts;
    const { id: asker = '', name = '' } = messages.at(-1)?.author ?? {};
    return {
      id: idOf(messages[0]?.id ?? '', call.id),
      approve: typeof approve === 'string' ? approve : [...approve],
      asker: { id: asker, name },
      ...(named && { named }),
    };
  }

  /** What those are called who may decide here, as far as that is known in time; undefined where nobody is named. */
  async #namesOf(approve: Approval): Promise<string[] | undefined> {
    const message = this.#parts.messages.at(-1);
    if (typeof approve === 'string' || !message) return undefined;
    const here = approve.filter((name) => this.#isHere(name));
    const shown = here.slice(0, MOST_NAMED);
    const late = sleep(NAMES_MS, NOBODY, { ref: false });
    const asked = this.#parts.displayNames(message, shown).catch((err: unknown) => {
      this.#parts.log.warn({ err }, 'what those are called who may approve a call could not be found out');
      return NOBODY;
    });
    const known = await Promise.race([asked, late]);
    const others = here.length > shown.length ? ['others'] : [];
    return [...new Set(shown.map((name) => known.get(name) ?? name)), ...others];
  }

  /** Somebody has stopped the reply: it is not for anybody to decide any more. */
  #close({ id }: NamedCall): string {
    this.#note(id, { until: Date.now() });
    return STOPPED;
  }

  #note(call: string, change: Partial<Question>): void {
    const { entry } = this.#parts;
    const question = { ...this.#questions[call], ...change } as Question;
    entry.note({ approvals: { ...this.#questions, [call]: question } });
    this.#tell();
  }

  /** What is asked at the same time is seen at the same time. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      this.#parts.onChange();
    });
  }

  /** Before people are asked: who presses is told by it. Where it can't be kept for now, that is noticed in time. */
  async #surelyKept(): Promise<void> {
    await this.#parts.entry.kept().catch(() => {});
  }

  async #noteNewer(call: string): Promise<void> {
    const question = this.#questions[call];
    if (!question || question.holdsSince !== undefined) return;
    const hasNewer = await this.#parts.hasNewer().catch(() => false);
    if (hasNewer && !this.#questions[call]?.decision) this.#note(call, { holdsSince: Date.now() });
  }

  get #states(): ReadonlyMap<string, ApprovalState> {
    return new Map(Object.entries(this.#questions).map(([call, question]) => [call, stateOf(question)]));
  }

  get #questions(): Readonly<Record<string, Question>> {
    return this.#parts.entry.record.approvals ?? {};
  }

  get #conversation(): string {
    return this.#parts.messages[0]?.conversation ?? '';
  }

  /** Whether somebody whose word is needed may be in the conversation at all. */
  #isReachable(approve: Approval): boolean {
    return typeof approve === 'string' || approve.some((name) => this.#isHere(name));
  }

  #isHere(name: string): boolean {
    const platform = platformOf(this.#conversation);
    return platform === OPERATORS || name.startsWith(`${platform}:`);
  }
}

function stateOf(question: Question): ApprovalState {
  const { id, holdsSince, decision } = question;
  return {
    id,
    of: whose(question),
    ...(holdsSince !== undefined && { holdsSince }),
    ...(decision && { decision }),
  };
}
