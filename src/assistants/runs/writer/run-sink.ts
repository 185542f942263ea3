import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { newId } from '../../ids.ts';
import type { State } from '../../state.ts';
import { nowInSeconds } from '../../time.ts';
import type { StepEnd } from '../ending.ts';
import type { KeptStep } from '../kept-step.ts';
import type { Emit } from './event-stream.ts';

/** Where goes what a run writes: whoever listens is told while the store keeps it. */
export class RunSink {
  readonly state: State;
  readonly emit: Emit;
  /** What the run wrote, as it stands now, by id: the store may be behind. */
  readonly messages = new Map<string, Message>();
  /** The same of all its steps, oldest first. */
  readonly steps: RunStep[] = [];
  #writes: Promise<unknown> = Promise.resolve();
  #isShut = false;

  readonly #unsure: () => Promise<void> | undefined;

  /** `unsure`: what is to be waited for before a write, when another process might carry out the run by now. */
  constructor(state: State, emit: Emit, unsure: () => Promise<void> | undefined) {
    this.state = state;
    this.emit = emit;
    this.#unsure = unsure;
  }

  /** Lets a write go on while the run does. */
  keep(write: () => Promise<unknown>): void {
    this.#writes = Promise.all([this.#writes, this.write(write)]);
    this.#writes.catch(() => {});
  }

  /** Does it, unless the run is another process's by now. */
  async write(write: () => Promise<unknown>): Promise<void> {
    const unsure = this.#unsure();
    if (unsure) await unsure;
    if (!this.#isShut) await write();
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
  sink.keep(() => sink.state.steps.append(run.id, step));
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
  aside: Pick<KeptStep, 'answer' | 'isLast'> = {},
): void {
  step.status = end.status;
  step.last_error = end.last_error;
  step.usage = usage;
  step[`${end.status}_at`] = nowInSeconds();
  sink.keep(() => sink.state.steps.put({ ...step, ...aside }));
  sink.emit({ event: `thread.run.step.${end.status}`, data: step });
}
