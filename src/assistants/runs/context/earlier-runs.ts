import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import type { State } from '../../state.ts';
import type { OwnFields } from './own-fields.ts';

/** A run and all its steps, oldest first; none for a run without tools, whose messages tell all of it. */
export interface EarlierRun {
  run: Run;
  steps: readonly RunStep[];
}

/** A run that called tools but said nothing. */
export interface SilentRun {
  id: string;
  steps: readonly RunStep[];
}

/** A thread's earlier runs with their steps, many of them in few reads. */
export class EarlierRuns {
  readonly #state: State;
  /** Newest first; from `#read` on they were not read yet. */
  readonly #ids: readonly string[];
  #read = 0;
  readonly #byId = new Map<string, EarlierRun>();
  /** What providers want back of the runs that were read, by run. */
  readonly ownFields = new Map<string, OwnFields[]>();
  readonly #told = new Set<string>();
  /** How many of the runs `silentSince` has passed. */
  #passed = 0;

  /** `ids` of the thread's runs, newest first. */
  constructor(state: State, ids: readonly string[]) {
    this.#state = state;
    this.#ids = ids;
  }

  /** Reads the next `count` runs. */
  async readMore(count: number): Promise<void> {
    const ids = this.#ids.slice(this.#read, this.#read + count);
    this.#read += ids.length;
    await this.#readAll(ids);
  }

  /** Reads those runs of the messages that were not read yet. */
  async readOf(messages: readonly Message[]): Promise<void> {
    const ids = new Set(
      messages.flatMap(({ run_id: id }) => (id === null || this.#byId.has(id) ? [] : [id])),
    );
    await this.#readAll([...ids]);
  }

  /** The steps of a run whose messages were read; from now on it is no silent one. */
  tell(runId: string): readonly RunStep[] {
    this.#told.add(runId);
    return this.#byId.get(runId)?.steps ?? [];
  }

  /** The runs that called tools but said nothing, and came after another, newest first; each is found once. */
  async *silentAfter(runId: string): AsyncGenerator<SilentRun> {
    if (this.#ids.includes(runId)) yield* this.#silentUntil(({ run }) => run.id === runId);
  }

  /** The same for those that came after a message of no run. */
  silentSince(message: Message): AsyncGenerator<SilentRun> {
    return this.#silentUntil(({ run, steps }) => {
      if (run.created_at !== message.created_at) return run.created_at < message.created_at;
      // It may be one whose messages come later in the walk.
      return speaks(steps) && !this.#told.has(run.id);
    });
  }

  /** Of a run that spoke and was not told of, what it said was taken back. */
  async *#silentUntil(isReached: (earlier: EarlierRun) => boolean): AsyncGenerator<SilentRun> {
    for (;;) {
      if (this.#passed === this.#read) await this.readMore(this.#ids.length);
      const id = this.#ids[this.#passed];
      if (id === undefined) return;
      const earlier = this.#byId.get(id);
      if (earlier && isReached(earlier)) return;
      this.#passed++;
      const steps = this.#told.has(id) ? [] : (earlier?.steps ?? []);
      if (steps.length > 0 && !speaks(steps)) yield { id, steps };
    }
  }

  async #readAll(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const [runs, ownFields] = await Promise.all([
      this.#state.runs.getMany([...ids]),
      this.#state.ownFields.getMany<OwnFields[]>([...ids]),
    ]);
    for (const [index, id] of ids.entries()) {
      const fields = ownFields[index];
      if (fields) this.ownFields.set(id, fields);
    }
    const withTools = runs.filter(({ tools }) => tools.length > 0);
    const steps = await this.#state.steps.lists(withTools.map(({ id }) => id));
    for (const run of runs) this.#byId.set(run.id, { run, steps: steps.get(run.id) ?? [] });
  }
}

function speaks(steps: readonly RunStep[]): boolean {
  return steps.some(({ type }) => type === 'message_creation');
}
