import type { Model, ModelEvent, ModelRequest } from '../../models/model.ts';
import type { KeptRun } from '../kept-run.ts';
import type { RunSink } from '../writer/run-sink.ts';
import type { RunWriter } from '../writer/run-writer.ts';

/** What an answer is made of; where it can be had once more is no part of it. */
export type AnswerEvent = Exclude<ModelEvent, { type: 'resumable' }>;

export interface ModelAnswersDeps {
  model: Model;
  sink: RunSink;
  /** Ends an answer that would go on at its provider though nobody takes it. */
  abandon(answer: unknown): void;
}

/** The answers of a run's model, of which one may go on without its process: whoever goes on with the run takes that. */
export class ModelAnswers {
  readonly #writer: RunWriter;
  readonly #deps: ModelAnswersDeps;
  /** The answer that is not whole yet, if it can be had once more. */
  #resumable: unknown;
  #isBegun = false;

  constructor(writer: RunWriter, deps: ModelAnswersDeps) {
    this.#writer = writer;
    this.#deps = deps;
  }

  /** Another process began to take an answer, which may still be had. */
  restore({ resumable, begun }: KeptRun): void {
    if (!resumable) return;
    this.#resumable = resumable.answer;
    this.#isBegun = true;
    this.#writer.restoreBegun(begun);
  }

  /** The run's answer of that `number`: the one that was begun, where it can be had, or one that is asked for. */
  async *next(request: ModelRequest, number: number, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    if (!(yield* this.#goOn(request, number, signal))) {
      const events = this.#deps.model.respond(request, signal);
      for await (const event of this.#noted(events, number)) {
        if ('delta' in event || event.type === 'tool_call') this.#writer.dropBegun();
        yield event;
      }
    }
    this.#resumable = undefined;
    this.#writer.dropBegun();
  }

  /** What the answer has given is all that is taken of it. */
  cut(): void {
    this.abandon();
    this.#writer.dropBegun();
  }

  /** Ends the answer at its provider that nobody will take any more. */
  abandon(): void {
    if (this.#resumable !== undefined) this.#deps.abandon(this.#resumable);
    this.#resumable = undefined;
  }

  /** Gives the answer that was begun; false when there is none, or it can't be had. */
  async *#goOn(
    request: ModelRequest,
    number: number,
    signal: AbortSignal,
  ): AsyncGenerator<AnswerEvent, boolean, undefined> {
    if (!this.#isBegun) return false;
    this.#isBegun = false;
    const events = this.#deps.model.resume?.(request, this.#resumable, signal) ?? [];
    let isThere = false;
    try {
      for await (const event of together(this.#noted(events, number), this.#writer.begunLength)) {
        isThere = true;
        yield event;
      }
    } catch (error) {
      if (isThere || signal.aborted) throw error;
    }
    if (!isThere) this.abandon();
    return isThere;
  }

  /** Who takes the run over can have the answer once its place is kept; the answer does not wait for that. */
  async *#noted(
    events: AsyncIterable<ModelEvent> | Iterable<ModelEvent>,
    number: number,
  ): AsyncGenerator<AnswerEvent> {
    const { sink } = this.#deps;
    for await (const event of events) {
      if (event.type !== 'resumable') {
        yield event;
        continue;
      }
      const { answer } = event;
      this.#resumable = answer;
      sink.keep(async () => {
        if (this.#resumable === answer)
          await sink.state.resumable.set(this.#writer.run.id, { number, answer });
      });
    }
  }
}

/** The same events; the first ones that come to `length` code units of words and arguments, at once. */
async function* together(events: AsyncIterable<AnswerEvent>, length: number): AsyncGenerator<AnswerEvent> {
  const held: AnswerEvent[] = [];
  let left = length;
  for await (const event of events) {
    held.push(event);
    if ('delta' in event) left -= event.delta.length;
    if (left <= 0) yield* held.splice(0);
  }
  yield* held;
}
