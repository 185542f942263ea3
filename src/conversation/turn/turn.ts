import { NotFoundError } from 'openai';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { FileQuota } from '../../file-quota.ts';
import { approvedFirst } from '../../functions/approval/approved-first.ts';
import type { Spend } from '../../functions/call.ts';
import type { Offer } from '../../knowledge/offers.ts';
import type { IncomingMessage, Platform } from '../../platform.ts';
import type { Publisher } from '../../reply/publisher/publisher.ts';
import { emptyTranscript, type Transcript } from '../../reply/transcript/transcript.ts';
import type { Outcome, ReplyFile } from '../../view.ts';
import { personOf } from '../people.ts';
import type { RunContext } from '../run/run.ts';
import { isOver } from '../run/run-status.ts';
import { sourcesUnder } from '../sources.ts';
import type { Download } from '../thread/attachments.ts';
import type { ReadyThread } from '../thread/thread-map.ts';
import type { TurnTask } from '../turns.ts';
import { TurnApprovals } from './approvals.ts';
import { describeAskers } from './askers.ts';
import { describeContext } from './context.ts';
import { endOfEndless } from './endless.ts';
import { FunctionCalls } from './function-calls.ts';
import { insist } from './insist.ts';
import { noteGap } from './note-gap.ts';
import { endOfRun, withFiles, withoutFiles } from './outcome.ts';
import { producedFiles } from './produced.ts';
import { transcriptsOf, transcriptsOfBegun } from './transcripts.ts';
import type { TurnParts, TurnPlatform } from './turn-parts.ts';
import { until } from './until.ts';

/** The Assistants API's limit on one message, in UTF-16 code units. */
const LONGEST_MESSAGE = 256_000;

/** The Assistants API's limit on a value of an object's metadata. */
const LONGEST_METADATA = 512;

/** So long a turn tries to go on while its server fails, in ms: what fails here for longer does not mend itself. */
const SERVER_PATIENCE_MS = 1_000;

/** The same of a turn that another process began, since not to know its run would cost what that has written. */
const BEGUN_PATIENCE_MS = 60_000;

/** A run that so many processes in a row did not live through may be what ends them. */
const MAX_ATTEMPTS = 30;

const TOO_OFTEN: Outcome = {
  status: 'failed',
  error:
    'This answer was interrupted again and again, so it is given up. Ask again, or ask for less at once.',
};

const BEGUN_ANEW =
  'Others can read this conversation by now who may not see all that was found in it before: so I have forgotten what was said, and begin anew.';

const FORGOTTEN: Outcome = { status: 'failed', error: `${BEGUN_ANEW} Ask again.` };

const STILL_THERE = 'what was read for one turn only could not be deleted yet: the next turn tries again';

/** How one turn comes to its outcome: the messages in the thread, the run, its functions. */
export class Turn {
  readonly #parts: TurnParts;
  readonly #publisher: Publisher;
  readonly #task: TurnTask;
  readonly #platform: Pick<Platform, 'readers'>;
  readonly #download: Download | undefined;
  readonly #functions: FunctionCalls;
  readonly #approvals: TurnApprovals;
  /** Whether the thread may have messages of the turn, and a run. */
  #isBegun: boolean;
  /** Whether the conversation begins anew with this turn, also where that is tried again. */
  #hasForgotten = false;
  #transcript = emptyTranscript;

  constructor(
    parts: TurnParts,
    publisher: Publisher,
    task: TurnTask,
    platform: Omit<TurnPlatform, 'name' | 'reply'>,
  ) {
    this.#parts = parts;
    this.#publisher = publisher;
    this.#task = task;
    this.#isBegun = task.begun !== undefined;
    this.#platform = platform;
    this.#download = platform.download?.bind(platform);
    this.#functions = new FunctionCalls({
      catalogue: parts.functions,
      client: parts.client,
      entry: task.entry,
      messages: task.messages,
      download: this.#download,
      log: parts.log,
      onProgress: () => this.#show(),
      ...(parts.produced && { spend: this.#spendOf(parts.produced) }),
    });
    this.#approvals = new TurnApprovals({
      approvals: parts.approvals,
      approvalOf: (name) => this.#functions.approvalOf(name),
      displayNames: async (message, named) => platform.displayNames?.(message, named) ?? new Map(),
      objectionTo: (call, signal) => this.#functions.objectionTo(call, signal),
      entry: task.entry,
      messages: task.messages,
      hasNewer: task.hasNewer ?? (async () => false),
      ...(task.rest && { rest: task.rest }),
      leave: task.leave,
      limitMs: parts.approvalMs,
      log: parts.log,
      onChange: () => this.#show(),
    });
  }

  /** How the turn ends; undefined when it is left to another process. */
  async answer(): Promise<Outcome | undefined> {
    const { messages } = this.#task;
    const fitting = messages.filter((message) => message.text.length <= LONGEST_MESSAGE);
    const refusal = fitting.length < messages.length ? tooLong(messages) : undefined;
    if (refusal && fitting.length === 0) return refusal;
    const outcome = await this.#answer(fitting);
    return outcome?.status === 'completed' ? (refusal ?? outcome) : outcome;
  }

  /** Of a server that fails for a moment, the run and the messages that it has are looked for and gone on with. */
  #answer(messages: IncomingMessage[]): Promise<Outcome | undefined> {
    return insist(() => this.#attempt(messages), {
      patienceMs: this.#patienceMs,
      progress: () => this.#transcript,
      signal: this.#task.leave,
      onError: (err) => {
        this.#parts.log.warn({ err }, 'a turn could not go on, and is tried again');
        this.#isBegun = true;
      },
    });
  }

  get #patienceMs(): number {
    const { begun, isUnkept } = this.#task;
    if (isUnkept) return 0;
    return begun ? BEGUN_PATIENCE_MS : (this.#parts.patienceMs ?? SERVER_PATIENCE_MS);
  }

  async #attempt(messages: IncomingMessage[]): Promise<Outcome | undefined> {
    const run = this.#isBegun ? await this.#begunRun() : undefined;
    if (run && this.#isTriedTooOften(run)) return this.#giveUp(run);
    return run ? this.#goOn(run) : this.#begin(messages);
  }

  async #begin(messages: IncomingMessage[]): Promise<Outcome | undefined> {
    const [offer] = await Promise.all([this.#offer(messages), this.#functions.ready()]);
    if (this.#hasForgotten && messages.every(({ regenerate }) => regenerate)) return FORGOTTEN;
    const thread = await this.#prepare(messages);
    const outcome = await this.#in(thread, async () => {
      if (this.#task.stop.aborted) return { status: 'stopped' };
      // Who goes on with the run has to know which messages it answers.
      await this.#task.entry.kept();
      const tools = this.#functions.tools(offer.tools ?? this.#parts.tools ?? []) ?? offer.tools;
      const params = {
        ...this.#parts.runSettings,
        additional_instructions: describeAskers(messages),
        metadata: { turn: this.#id, ...this.#user },
        ...(tools && { tools }),
      };
      return this.#follow((context) => transcriptsOf(this.#parts.runThread(thread.id, params, context)));
    });
    return this.#hasForgotten && outcome?.status === 'completed'
      ? { ...outcome, notice: BEGUN_ANEW }
      : outcome;
  }

  /** What the run may search. Where others can read by now what was found before, all that was said is forgotten first. */
  async #offer([message]: readonly IncomingMessage[]): Promise<Offer> {
    const { offers, threads } = this.#parts;
    if (!message || !offers) return { hasForgotten: false };
    const offer = await offers.for(message, this.#platform, () => threads.renew(message.conversation));
    this.#hasForgotten ||= offer.hasForgotten;
    return offer;
  }

  async #goOn(run: Run, stop = this.#task.stop): Promise<Outcome | undefined> {
    await this.#functions.ready();
    const thread = this.#parts.threads.goOn(this.#conversation, run.thread_id);
    return this.#in(thread, () =>
      this.#follow((context) => transcriptsOfBegun(this.#parts.followRun(run, context)), stop),
    );
  }

  /** Notes one more attempt to carry the run to its end. One that was given up is so for whoever comes next, too. */
  #isTriedTooOften(run: Run): boolean {
    const { entry } = this.#task;
    if (!isOver(run)) entry.note({ attempts: entry.record.attempts + 1 });
    return run.status !== 'completed' && entry.record.attempts > MAX_ATTEMPTS;
  }

  /** Ends a run that no process lives through; what it has written is shown. */
  async #giveUp(run: Run): Promise<Outcome | undefined> {
    await this.#goOn(run, AbortSignal.abort());
    return this.#task.leave.aborted ? undefined : TOO_OFTEN;
  }

  async #in(thread: ReadyThread, answer: () => Promise<Outcome | undefined>): Promise<Outcome | undefined> {
    const { leave } = this.#task;
    try {
      return leave.aborted ? undefined : await answer();
    } finally {
      if (!leave.aborted)
        await thread.forget().catch((error: unknown) => this.#parts.log.warn({ err: error }, STILL_THERE));
    }
  }

  /** Shows a run as it goes on; tells how it ended. */
  async #follow(
    transcriptsOf: (context: RunContext) => AsyncIterable<Transcript>,
    stop = this.#task.stop,
  ): Promise<Outcome | undefined> {
    const { leave } = this.#task;
    const endless = new AbortController();
    const signal = AbortSignal.any([stop, endless.signal]);
    for await (const transcript of until(
      transcriptsOf({ functions: approvedFirst(this.#functions, this.#approvals), signal, left: leave }),
      leave,
    )) {
      this.#transcript = transcript;
      this.#show();
      const end = endOfEndless(transcript);
      if (end) endless.abort();
      if (end) return end;
    }
    return leave.aborted ? undefined : endOfRun(this.#shown, this.#functions.hasFiles);
  }

  /** The run that was started for these messages before, if there is one. */
  async #begunRun(): Promise<Run | undefined> {
    const { client, threads } = this.#parts;
    const id = await threads.idOf(this.#conversation);
    if (id === undefined) return undefined;
    const newest = await client.beta.threads.runs.list(id, { order: 'desc', limit: 1 }).catch(unlessGone);
    const run = newest?.data[0];
    return Object(run?.metadata).turn === this.#id ? run : undefined;
  }

  get #conversation(): string {
    return this.#task.messages[0]?.conversation ?? '';
  }

  /** What tells its run from others: the first message that it answers. */
  get #id(): string {
    return (this.#task.messages[0]?.id ?? '').slice(0, LONGEST_METADATA);
  }

  /** For whom the run is, so that the server shares what there is little of among people; who has no limits is nobody. */
  get #user(): { user: string } | undefined {
    const [first] = this.#task.messages;
    return first && !this.#task.isUnlimited
      ? { user: personOf(first).slice(0, LONGEST_METADATA) }
      : undefined;
  }

  #show(): void {
    this.#publisher.update(this.#shown);
  }

  /** With what its function calls do right now, and what people are asked about them, which no event tells. */
  get #shown(): Transcript {
    return this.#approvals.laidOver(this.#functions.laidOver(this.#transcript));
  }

  async files(): Promise<ReplyFile[]> {
    const { client, log } = this.#parts;
    const [produced, given] = await Promise.all([
      producedFiles(this.#transcript, client, log),
      this.#functions.files(),
    ]);
    return [...produced, ...given];
  }

  /** The reply stands as it is, or is left to another process. */
  leave(): void {
    this.#functions.leave();
  }

  /** Lets go of the turn before its end: this process did not die of it. */
  async handOver(): Promise<void> {
    const { entry, begun } = this.#task;
    const { attempts } = entry.record;
    if (attempts <= MAX_ATTEMPTS) entry.note({ attempts: Math.min(attempts, begun?.record?.attempts ?? 0) });
    await entry.kept().catch(() => {});
  }

  /** What was kept only until the reply is shown. */
  async deleteKept(): Promise<void> {
    await Promise.all([this.#functions.deleteFiles(), this.#approvals.forget()]);
  }

  /** What stands under the answer. */
  sources(): Promise<string> {
    const { client, knowledge = {}, log } = this.#parts;
    return sourcesUnder(this.#transcript, { client, knowledge, log });
  }

  async noteGap(): Promise<void> {
    const { gaps, log } = this.#parts;
    const [first] = this.#task.messages;
    if (gaps && first) await noteGap(gaps, first, this.#transcript, log);
  }

  endWith(outcome: Outcome, files: readonly ReplyFile[]): Outcome {
    return withoutFiles(withFiles(outcome, this.#transcript, files), this.#functions.leftOut);
  }

  /** What functions give counts as what the run's code writes does: both are kept for the conversation's thread. */
  #spendOf(quota: FileQuota): Spend {
    return async (use) => {
      const conversation = (await this.#parts.threads.idOf(this.#conversation)) ?? this.#conversation;
      return quota.spend({ run: `${conversation}/${this.#id}`, conversation }, use);
    };
  }

  /** Brings the thread to where the run shall begin. */
  async #prepare(messages: IncomingMessage[]): Promise<ReadyThread> {
    const { threads } = this.#parts;
    const context = describeContext(messages);
    const fresh = messages.filter((message) => !message.regenerate);
    if (fresh.length === 0) return threads.takeBack(this.#conversation, context);
    if (this.#isBegun) return threads.addMissing(fresh, this.#download, context);
    return threads.add(fresh, this.#download, context);
  }
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

function tooLong(messages: IncomingMessage[]): Outcome {
  const [message] = messages.filter(({ text }) => text.length > LONGEST_MESSAGE);
  const [length, limit] = [message?.text.length ?? 0, LONGEST_MESSAGE].map((n) => n.toLocaleString('en'));
  const error = `A message has ${length} characters and at most ${limit} fit: send it in shorter parts.`;
  return { status: 'failed', error };
}
