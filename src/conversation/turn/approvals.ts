import { setTimeout as sleep } from 'node:timers/promises';
import type { Approvals } from '../../functions/approval/approvals.ts';
import type { Approver } from '../../functions/approval/approved-first.ts';
import { idOf, type Question } from '../../functions/approval/question.ts';
import { STOPPED, unreachable, whose } from '../../functions/approval/sentences.ts';
import type { NamedCall } from '../../functions/functions.ts';
import type { Approval } from '../../functions/team-function.ts';
import type { Logger } from '../../log.ts';
import type { ApprovalState, Decision, IncomingMessage } from '../../platform.ts';
import { withApprovals } from '../../reply/transcript/approvals.ts';
import type { Transcript } from '../../reply/transcript/transcript.ts';
import type { LedgerEntry } from '../ledger.ts';

/** So long somebody has to say yes, in ms: a run has ten minutes for all that it does. */
export const APPROVAL_MS = 8 * 60_000;

/** So long before its run expires it is too late, in ms: the call is still to be made, and the answer to be written. */
const MARGIN_MS = 60_000;

/** What is decided is kept in the turn's record for so long, in ms, until that is given up for the moment. */
const FORGET_MS = 1_000;

/** Whoever chats in the terminal runs Bobbin, and may do what anybody may. */
const OPERATORS = 'console';

export interface TurnApprovalsParts {
  approvals: Pick<Approvals, 'awaits' | 'forget'>;
  /** Whose word a function's calls need. */
  approvalOf: Approver['approvalOf'];
  entry: LedgerEntry;
  messages: readonly IncomingMessage[];
  /** Whether people have written since the turn began. */
  hasNewer: () => Promise<boolean>;
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
  #isTelling = false;

  constructor(parts: TurnApprovalsParts) {
    this.#parts = parts;
  }

  approvalOf(name: string): Approval | undefined {
    return this.#parts.approvalOf(name);
  }

  async decide(call: NamedCall, approve: Approval, signal: AbortSignal): Promise<Decision | string> {
    const known = this.#questions[call.id];
    if (!known && !this.#isReachable(approve)) return unreachable(approve);
    const question = known ?? this.#ask(call, approve);
    this.#calls.set(call.id, call);
    this.#tell();
    if (question.decision) return question.decision;
    await this.#surelyKept();
    const waiting = AbortSignal.any([signal, this.#parts.leave]);
    const onLook = () => void this.#noteNewer(call.id);
    const decision = await this.#parts.approvals.awaits(this.#conversation, question, {
      signal: waiting,
      onLook,
    });
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

  #ask({ id, expiresAt = Number.POSITIVE_INFINITY }: NamedCall, approve: Approval): Question {
    const { limitMs = APPROVAL_MS, messages } = this.#parts;
    const { id: asker = '', name = '' } = messages.at(-1)?.author ?? {};
    const question: Question = {
      id: idOf(messages[0]?.id ?? '', id),
      approve: typeof approve === 'string' ? approve : [...approve],
      asker: { id: asker, name },
      until: Math.min(Date.now() + limitMs, expiresAt - MARGIN_MS),
    };
    this.#note(id, question);
    return question;
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
    const [platform] = this.#conversation.split(':');
    return (
      typeof approve === 'string' ||
      platform === OPERATORS ||
      approve.some((name) => name.startsWith(`${platform}:`))
    );
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
