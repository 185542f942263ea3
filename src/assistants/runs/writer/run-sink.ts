import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { newId } from '../../ids.ts';
import type { State } from '../../state.ts';
import { nowInSeconds } from '../../time.ts';
import type { StepEnd } from '../ending.ts';
import type { Emit } from './event-stream.ts';

/** Where goes what a run writes: the store first, then whoever listens. */
export interface RunSink {
  state: State;
  emit: Emit;
}

/** Begins a step: kept and told. A stream takes only one open step at a time. */
export async function openStep(run: Run, sink: RunSink, details: RunStep['step_details']): Promise<RunStep> {
  const step = newStep(run, details);
  await sink.state.steps.append(run.id, step);
  tellStep(step, sink);
  return step;
}

export function tellStep(step: RunStep, sink: RunSink): void {
  sink.emit({ event: 'thread.run.step.created', data: step });
  sink.emit({ event: 'thread.run.step.in_progress', data: step });
}

export function newStep(run: Run, details: RunStep['step_details']): RunStep {
  return {
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
}

export async function endStep(
  step: RunStep,
  sink: RunSink,
  end: StepEnd,
  usage: RunStep.Usage | null,
): Promise<void> {
  finish(step, end, usage);
  await sink.state.steps.put(step);
  tellStepEnd(step, sink, end);
}

export function finish(step: RunStep, end: StepEnd, usage: RunStep.Usage | null): void {
  step.status = end.status;
  step.last_error = end.last_error;
  step.usage = usage;
  step[`${end.status}_at`] = nowInSeconds();
}

export function tellStepEnd(step: RunStep, sink: RunSink, { status }: StepEnd): void {
  sink.emit({ event: `thread.run.step.${status}`, data: step });
}
