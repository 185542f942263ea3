import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { newId } from '../../src/assistants/ids.ts';

/** A run of a thread as the run loop keeps it. */
export function aRun(threadId: string, changes: Partial<Run> = {}): Run {
  return {
    id: newId('run_'),
    object: 'thread.run',
    created_at: 1,
    thread_id: threadId,
    assistant_id: 'asst_x',
    status: 'completed',
    required_action: null,
    last_error: null,
    expires_at: null,
    started_at: 1,
    cancelled_at: null,
    failed_at: null,
    completed_at: 2,
    incomplete_details: null,
    model: 'm',
    instructions: '',
    tools: [],
    metadata: {},
    usage: null,
    max_prompt_tokens: null,
    max_completion_tokens: null,
    truncation_strategy: { type: 'auto', last_messages: null },
    tool_choice: 'auto',
    parallel_tool_calls: true,
    response_format: 'auto',
    ...changes,
  };
}

/** The step of a run that made a message. */
export function aMessageStep(run: Run, messageId: string): RunStep {
  return {
    id: newId('step_'),
    object: 'thread.run.step',
    created_at: 1,
    run_id: run.id,
    assistant_id: run.assistant_id,
    thread_id: run.thread_id,
    type: 'message_creation',
    status: 'completed',
    step_details: { type: 'message_creation', message_creation: { message_id: messageId } },
    last_error: null,
    expired_at: null,
    cancelled_at: null,
    failed_at: null,
    completed_at: 2,
    metadata: {},
    usage: null,
  };
}
