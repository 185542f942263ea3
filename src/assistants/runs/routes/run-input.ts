import { z } from 'zod';
import { newId } from '../../ids.ts';
import {
  idOf,
  instructions,
  messages,
  metadata,
  model,
  reasoningEffort,
  responseFormat,
  temperature,
  threadInput,
  toolChoice,
  toolResources,
  tools,
  topP,
  truncationStrategy,
} from '../../schemas.ts';
import type { Assistant, Run } from '../../state.ts';
import { nowInSeconds } from '../../time.ts';
import { listOf } from '../../validation.ts';
import { expiryOfNew } from '../expiry.ts';
import { MAX_CALLS } from '../loop/call-limits.ts';

/** OpenAI's own least: with less, not even a question fits. */
const MIN_PROMPT_TOKENS = 256;

/** The API's bound on one submitted output, in UTF-16 code units. */
const MAX_OUTPUT = 512 * 1024;

const common = {
  assistant_id: idOf('asst'),
  instructions: instructions.nullable().optional(),
  model: model.nullable().optional(),
  tools: tools.nullable().optional(),
  metadata: metadata.nullable().optional(),
  temperature: temperature.nullable().optional(),
  top_p: topP.nullable().optional(),
  max_completion_tokens: z.int().min(1).nullable().optional(),
  max_prompt_tokens: z.int().min(MIN_PROMPT_TOKENS).nullable().optional(),
  truncation_strategy: truncationStrategy.nullable().optional(),
  tool_choice: toolChoice.nullable().optional(),
  parallel_tool_calls: z.boolean().optional(),
  response_format: responseFormat.nullable().optional(),
  reasoning_effort: reasoningEffort.nullable().optional(),
  stream: z.boolean().nullable().optional(),
};

/** A run on a thread that exists. */
export const runInput = z.strictObject({
  ...common,
  additional_instructions: instructions.nullable().optional(),
  additional_messages: messages.nullable().optional(),
});

/** A run on a new thread. */
export const threadAndRunInput = z.strictObject({
  ...common,
  thread: threadInput.optional(),
  tool_resources: toolResources.nullable().optional(),
});

export const toolOutputsInput = z.strictObject({
  tool_outputs: listOf(
    z.strictObject({
      tool_call_id: z.string(),
      output: z.string().max(MAX_OUTPUT).default(''),
    }),
    { max: MAX_CALLS },
  ),
  stream: z.boolean().nullable().optional(),
});

export const runUpdate = z.strictObject({ metadata: metadata.nullable().optional() });

type RunInput = Omit<z.infer<typeof runInput>, 'additional_messages'>;

/** The run that `input` asks for: the assistant's own settings where it says nothing. */
export function newRun(threadId: string, assistant: Assistant, input: RunInput): Run {
  const effort = input.reasoning_effort ?? assistant.reasoning_effort;
  return {
    id: newId('run_'),
    object: 'thread.run',
    created_at: nowInSeconds(),
    assistant_id: assistant.id,
    thread_id: threadId,
    status: 'queued',
    started_at: null,
    expires_at: expiryOfNew(),
    cancelled_at: null,
    failed_at: null,
    completed_at: null,
    required_action: null,
    last_error: null,
    incomplete_details: null,
    model: input.model ?? assistant.model,
    instructions: [input.instructions ?? assistant.instructions, input.additional_instructions]
      .filter(Boolean)
      .join('\n\n'),
    tools: input.tools ?? assistant.tools,
    metadata: input.metadata ?? {},
    usage: null,
    temperature: input.temperature ?? assistant.temperature ?? null,
    top_p: input.top_p ?? assistant.top_p ?? null,
    max_prompt_tokens: input.max_prompt_tokens ?? null,
    max_completion_tokens: input.max_completion_tokens ?? null,
    truncation_strategy: { last_messages: null, ...(input.truncation_strategy ?? { type: 'auto' }) },
    response_format: input.response_format ?? assistant.response_format ?? 'auto',
    tool_choice: input.tool_choice ?? 'auto',
    parallel_tool_calls: input.parallel_tool_calls ?? true,
    ...(effort && { reasoning_effort: effort }),
  };
}
