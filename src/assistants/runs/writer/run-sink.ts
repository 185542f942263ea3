import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { newId } from '../../ids.ts';
import type { State } from '../../state.ts';
import { nowInSeconds } from '../../time.ts';
import type { StepEnd } from '../ending.ts';
import type { KeptStep } from '../kept-step.ts';
import type { Found } from '../search/found.ts';
import type { Emit } from './event-stream.ts';

/** How long a run tries to keep what it wrote, in ms: a database that is started anew, or has no connection free, takes less. */
export const STORE_PATIENCE_MS = 10_000;

/** Between two attempts, in ms. */
const STORE_PAUSE_MS = 250;

type Write = () => Promise<unknown>;

/**
 * Where goes what a run writes: whoever listens is told while the store keeps it. A write that fails is tried again, and may
 * then come after later ones: so each writes what is true by then.
 */
export class RunSink {
  readonly state: State;
  readonly emit: Emit;
  /** What the run wrote, as it stands now, by id: the store may be behind. */
  readonly messages = new Map<string, Message>();
  /** The same of all its steps, oldest first. */
  readonly steps: RunStep[] = [];
  /** What is kept with a step beside what clients see of it, by the step's id. */
  readonly #asides = new Map<string, Aside>();
  readonly #options: RunSinkOptions;
  /** What its searches found, by id. */
  readonly found = new Map<string, Found>();
  #writes: Promise<unknown> = Promise.resolve();
  #isShut = false;

  constructor(state: State, emit: Emit, options: RunSinkOptions) {
    this.state = state;
    this.emit = emit;
    this.#options = options;
  }

  /** Lets a write go on while the run does. */
  keep(write: Write): void {
    this.#writes = Promise.all([this.#writes, this.write(write)]);
    this.#writes.catch(() => {});
  }

  /** Does it, unless the run is another process's by now. Rejects when the store fails for too long. */
  async write(write: Write): Promise<void> {
    const patience = performance.now() + (this.#options.patienceMs ?? STORE_PATIENCE_MS);
    while (!(await this.#tries(write, patience))) await sleep(STORE_PAUSE_MS);
  }

  async #tries(write: Write, patience: number): Promise<boolean> {
    const unsure = this.#options.unsure();
    if (unsure) await unsure;
    if (this.#isShut) return true;
    try {
      await write();
      return true;
    } catch (error) {
      if (performance.now() >= patience) throw error;
      return false;
    }
  }

  /** A step as it is kept. */
  keptStep(step: RunStep): KeptStep {
    return { ...step, ...this.#asides.get(step.id) };
  }

  /** Changes what is kept with a step. */
  putAside(step: RunStep, aside: Aside): void {
    this.#asides.set(step.id, { ...this.#asides.get(step.id), ...aside });
  }

  /** Resolves when all that was written is kept; rejects when something could not be. */
  async kept(): Promise<void> {
    await this.#writes;
  }

  /** From here on nothing of the run is written: another process does that. */
  shut(): void {
    this.#isShut = true;
  }
}

export interface RunSinkOptions {
  /** What is to be waited for before a write, when another process might carry out the run by now. */
  unsure: () => Promise<void> | undefined;
  /** Instead of `STORE_PATIENCE_MS`. */
  patienceMs?: number | undefined;
}

type Aside = Pick<KeptStep, 'answer' | 'isLast'>;

/** Begins a step. A stream takes only one open step at a time. */
export function openStep(run: Run, sink: RunSink, details: RunStep['step_details']): RunStep {
  const step: RunStep = {
    id: newId('step_'),
    object: 'thread.run.step',
    created_at: nowInSeconds(),
    assistant_id: run.assistant_id,
    thread_id: run.thread_id,
    run_id: run.id,
    type: details.type,
    status: 'in_progress',
    step_details: details,
    last_error: null,
    expired_at: null,
    cancelled_at: null,
    failed_at: null,
    completed_at: null,
    metadata: {},
    usage: null,
  };
  sink.steps.push(step);
  sink.keep(() => sink.state.steps.append(run.id, sink.keptStep(step)));
  sink.emit({ event: 'thread.run.step.created', data: step });
  sink.emit({ event: 'thread.run.step.in_progress', data: step });
  return step;
}

/** Ends a step; `aside` is kept with it. */
export function endStep(
  step: RunStep,
  sink: RunSink,
  end: StepEnd,
  usage: RunStep.Usage | null,
  aside: Aside = {},
): void {
  step.status = end.status;
  step.last_error = end.last_error;
  step.usage = usage;
  step[`${end.status}_at`] = nowInSeconds();
  sink.putAside(step, aside);
  sink.keep(() => sink.state.steps.put(sink.keptStep(step)));
  sink.emit({ event: `thread.run.step.${end.status}`, data: step });
}
