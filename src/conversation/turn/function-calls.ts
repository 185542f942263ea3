import type { OpenAI } from 'openai';
import type { AssistantTool } from 'openai/resources/beta/assistants';
import { attemptedOnce, type CallOutcome, type KeptFile } from '../../functions/attempted-once.ts';
import { callFunction, noSuchFunction, objectionTo, type Spend } from '../../functions/call.ts';
import { type Catalogue, runTools } from '../../functions/catalogue.ts';
import type { Functions, NamedCall } from '../../functions/functions.ts';
import type { Secrets } from '../../functions/output/secrets.ts';
import type { Approval, CallContext, TeamFunction } from '../../functions/team-function.ts';
import { type Logger, redactingErrors } from '../../log.ts';
import type { IncomingMessage } from '../../platform.ts';
import type { Transcript } from '../../reply/transcript/transcript.ts';
import type { ReplyFile } from '../../view.ts';
import type { LedgerEntry } from '../ledger.ts';
import type { Download } from '../thread/attachments.ts';
import { attachedFiles } from './attached-files.ts';
import { Doings } from './doings.ts';
import { FunctionFiles } from './function-files.ts';

export interface FunctionCallsParts {
  catalogue: Catalogue;
  client: OpenAI;
  entry: LedgerEntry;
  messages: readonly IncomingMessage[];
  download: Download | undefined;
  /** Counts the bytes of the files that the turn's calls give; left out, they have no limit together. */
  spend?: Spend;
  log: Logger;
  /** What calls do right now is another thing than before. */
  onProgress: () => void;
}

/** The function calls of one turn: made once, in the turn's context, their outcomes kept in its ledger. */
export class FunctionCalls implements Functions {
  readonly #parts: FunctionCallsParts;
  readonly #doings: Doings;
  readonly #files: FunctionFiles;
  /** Those of the turn: what comes later is for the next one. */
  #functions: readonly TeamFunction[] = [];
  /** The names of files for which there was no room. */
  readonly #leftOut: string[] = [];
  #isOver = false;

  constructor(parts: FunctionCallsParts) {
    this.#parts = parts;
    this.#doings = new Doings(parts.onProgress);
    this.#files = new FunctionFiles(parts.client, parts.log);
  }

  /** Waits until it is known what there is to call. */
  async ready(): Promise<void> {
    const { catalogue } = this.#parts;
    await catalogue.ready();
    this.#functions = catalogue.functions;
  }

  /** The tools of a run, which come to the assistant's own; undefined where there are none. */
  tools(own: readonly AssistantTool[]): AssistantTool[] | undefined {
    if (this.#functions.length === 0) return undefined;
    const { tools, leftOut } = runTools(own, this.#functions);
    if (leftOut.length > 0)
      this.#parts.log.warn(
        { functions: leftOut },
        'a run has more tools than the API takes: some are left out',
      );
    return tools;
  }

  /** Whose word the calls of a function need; undefined when nobody's. */
  approvalOf(name: string): Approval | undefined {
    return this.#functions.find((team) => team.name === name)?.approve;
  }

  /** What the model is told of a call that people need not be asked about, since it would not be made; never rejects. */
  async objectionTo(call: NamedCall, stop: AbortSignal): Promise<string | undefined> {
    const team = this.#functions.find(({ name }) => name === call.name);
    if (!team) return undefined;
    const { secrets } = this.#parts.catalogue;
    const context = this.#contextOf(team, call, secrets);
    return (await objectionTo(team, call, { context, stop, secrets }))?.output;
  }

  async call(call: NamedCall, signal: AbortSignal): Promise<string> {
    const team = this.#functions.find(({ name }) => name === call.name);
    const attempted = { id: call.id, isRepeatable: team ? team.repeatable === true : true };
    const make = () => (team ? this.#make(team, call, signal) : noOutcome(call.name));
    const { output } = await attemptedOnce(attempted, this.#attempts, make);
    return output;
  }

  /** The transcript with what each call that is under way does right now. */
  laidOver(transcript: Transcript): Transcript {
    return this.#doings.laidOver(transcript);
  }

  /** The files that the turn's calls gave for its reply, also in another process. */
  files(): Promise<ReplyFile[]> {
    return this.#files.all(this.#kept);
  }

  /** The names of files that calls gave and for which there was no room. */
  get leftOut(): readonly string[] {
    return this.#leftOut;
  }

  get hasFiles(): boolean {
    return !this.#files.isEmpty || this.#kept.length > 0;
  }

  /** The turn ends, or another process goes on with it: what comes of a call from now on is not noted here. */
  leave(): void {
    this.#isOver = true;
    this.#doings.close();
  }

  /** The reply is shown. Never rejects. */
  deleteFiles(): Promise<void> {
    return this.#files.delete(this.#kept);
  }

  get #kept(): readonly KeptFile[] {
    return Object.values(this.#parts.entry.record.files ?? {}).flat();
  }

  async #make(team: TeamFunction, call: NamedCall, stop: AbortSignal): Promise<CallOutcome> {
    const { secrets } = this.#parts.catalogue;
    const context = this.#contextOf(team, call, secrets);
    try {
      const { spend } = this.#parts;
      const options = { context, stop, secrets, ...(spend && { spend }) };
      const { output, files, leftOut = [] } = await callFunction(team, call, options);
      this.#leftOut.push(...leftOut);
      // Nobody would delete what is uploaded for a turn that is over.
      return { output, files: this.#isOver ? [] : await this.#files.take(files) };
    } finally {
      this.#doings.end(call.id);
    }
  }

  #contextOf({ name }: TeamFunction, { id }: NamedCall, secrets: Secrets): Omit<CallContext, 'signal'> {
    const { messages, download, log } = this.#parts;
    const { author: asker = { id: '', name: '' }, conversation = '' } = messages.at(-1) ?? {};
    return {
      asker,
      conversation,
      attachments: attachedFiles(messages, download),
      log: redactingErrors(log, secrets.redact, { function: name }),
      progress: (doing) => this.#doings.begin(id, secrets.redact(String(doing))),
    };
  }

  get #attempts() {
    const { entry } = this.#parts;
    return {
      outcomeOf: (id: string): CallOutcome | null | undefined => {
        const output = entry.record.calls?.[id];
        return typeof output === 'string' ? { output, files: entry.record.files?.[id] ?? [] } : output;
      },
      note: async (id: string, outcome: CallOutcome | null): Promise<void> => {
        if (this.#isOver) return;
        const { calls, files } = entry.record;
        entry.note({
          calls: { ...calls, [id]: outcome?.output ?? null },
          ...(outcome?.files.length && { files: { ...files, [id]: [...outcome.files] } }),
        });
        await entry.kept();
      },
    };
  }
}

async function noOutcome(name: string): Promise<CallOutcome> {
  return { ...noSuchFunction(name), files: [] };
}
