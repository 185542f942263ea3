import { type Model, ModelError, type ModelEvent, type ModelRequest } from '../../models/model.ts';
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

/**
 * The answers of a run's model. One may go on without its process: whoever goes on with the run takes that. And one whose
 * provider runs code itself comes in parts, each of which is taken as an answer.
 */
export class ModelAnswers {
  readonly #writer: RunWriter;
  readonly #deps: ModelAnswersDeps;
  /** The answer that is not whole yet, if it can be had once more. */
  #resumable: unknown;
  #isBegun = false;
  /** How many parts of the answer that was begun are whole. */
  #passed = 0;
  /** The rest of an answer of which a part was taken. */
  #rest: AsyncGenerator<AnswerEvent> | undefined;

  constructor(writer: RunWriter, deps: ModelAnswersDeps) {
    this.#writer = writer;
    this.#deps = deps;
  }

  /** Another process began to take an answer, which may still be had; it stands until there is another one. */
  restore({ resumable, begun, passed }: KeptRun): void {
    this.#writer.restoreBegun(begun);
    if (!resumable) return;
    this.#resumable = resumable.answer;
    this.#isBegun = true;
    this.#passed = passed;
  }

  /**
   * The run's answer of that `number`: the next part of the one that goes on, the one that was begun, where it can be had, or
   * one that is asked for.
   */
  async *next(request: ModelRequest, number: number, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    if (yield* this.#goOnWithRest(signal)) return;
    yield* this.#part(this.#whole(request, number, signal));
  }

  /** What the answer has given is all that is taken of it. */
  cut(): void {
    this.abandon();
    this.#writer.dropBegun();
  }

  /** Ends the answer at its provider that nobody will take any more. */
  abandon(): void {
    void this.#rest?.return(undefined).catch(() => {});
    this.#rest = undefined;
    if (this.#resumable !== undefined) this.#deps.abandon(this.#resumable);
    this.#resumable = undefined;
  }

  /**
   * Gives the next part of an answer; false when there is none. One that fails between two parts is given up: what has run is
   * known, so that the model can be asked to go on from there.
   */
  async *#goOnWithRest(signal: AbortSignal): AsyncGenerator<AnswerEvent, boolean, undefined> {
    const rest = this.#rest;
    if (!rest) return false;
    let isThere = false;
    try {
      for await (const event of this.#part(rest)) {
        isThere = true;
        yield event;
      }
      return true;
    } catch (error) {
      const mayAskAnew = error instanceof ModelError && error.code !== 'invalid_prompt';
      if (isThere || signal.aborted || !mayAskAnew) throw error;
      this.abandon();
      return false;
    }
  }

  /** The events up to the next pause, after which the rest waits; a part that is left midway ends the answer. */
  async *#part(events: AsyncGenerator<AnswerEvent>): AsyncGenerator<AnswerEvent> {
    this.#rest = undefined;
    let hasPaused = false;
    try {
      for (;;) {
        const { value, done } = await events.next();
        if (done) break;
        hasPaused = value.type === 'pause';
        if (hasPaused) this.#rest = events;
        yield value;
        if (hasPaused) break;
      }
    } finally {
      if (!hasPaused) await events.return(undefined);
    }
    if (!hasPaused) this.#resumable = undefined;
    this.#writer.dropBegun();
  }

  /** A whole answer: the one that was begun, where it can be had, or one that is asked for. */
  async *#whole(request: ModelRequest, number: number, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    if (yield* this.#goOn(request, number, signal)) return;
    yield* this.#noted(this.#deps.model.respond(request, signal), number);
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
    const first = number - this.#passed;
    let isThere = false;
    try {
      const more = after(this.#passed, this.#noted(events, first));
      for await (const event of together(more, this.#writer.begunLength)) {
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

/** The events after so many pauses. */
async function* after(pauses: number, events: AsyncIterable<AnswerEvent>): AsyncGenerator<AnswerEvent> {
  let left = pauses;
  for await (const event of events) {
    if (left === 0) yield event;
    else if (event.type === 'pause') left--;
  }
}

/** The same events; the first ones that come to `length` code units of words and arguments, at once. */
async function* together(events: AsyncIterable<AnswerEvent>, length: number): AsyncGenerator<AnswerEvent> {
  const held: AnswerEvent[] = [];
  let left = length;
  for await (const event of events) {
    held.push(event);
    if ('delta' in event) left -= event.delta.length;
    if (left <= 0 || event.type === 'pause') yield* held.splice(0);
  }
  yield* held;
}
