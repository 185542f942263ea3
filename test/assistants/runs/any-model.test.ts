import fc from 'fast-check';
import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';
import { expect, test } from 'vitest';
import { ModelError, type ModelEvent } from '../../../src/assistants/models/model.ts';
import { end, failsAfter, ScriptedModel, says } from '../../sim/scripted-model.ts';
import { conversation, openApi } from './assistants-api.ts';

const piece = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .string({ unit: 'binary', maxLength: 12 })
      .map((delta) => ({ type: 'text' as const, delta })),
  },
  fc.string({ maxLength: 8 }).map((delta) => ({ type: 'refusal' as const, delta })),
  fc.constant({ type: 'provider_item' as const, item: { opaque: true } }),
  fc.constant({ type: 'usage' as const, promptTokens: 3, completionTokens: 2 }),
  fc.record({
    type: fc.constant('tool_call' as const),
    index: fc.integer({ min: 0, max: 3 }),
    callId: fc.constantFrom('', 'call_a', 'call_b'),
    name: fc.constantFrom('weather', 'code_interpreter', 'unknown'),
  }),
  fc.record({
    type: fc.constant('tool_arguments' as const),
    index: fc.integer({ min: 0, max: 3 }),
    delta: fc.constantFrom('{', '"code":', '"print(1)"', '}', ''),
  }),
);

const answer = fc.record({
  events: fc.array(piece, { maxLength: 12 }),
  reason: fc.constantFrom('stop' as const, 'stop' as const, 'length' as const, 'content_filter' as const),
  fails: fc.integer({ min: 0, max: 5 }).map((dice) => dice === 0),
});

test('AssistantStream accepts whatever a model sends, and every text is in a message', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 3 }), async (answers) => {
      const script = answers.map(({ events, reason, fails }) =>
        fails ? failsAfter(new ModelError('server_error', 'Down.'), ...events) : [...events, end(reason)],
      );
      const model = new ScriptedModel(...script, says('At last.'));
      const api = openApi(model);
      const { threadId, ask } = await conversation(api);
      const { runs } = api.client.beta.threads;
      let streamed = '';
      const listen = (event: AssistantStreamEvent) => {
        if (event.event !== 'thread.message.delta') return;
        for (const part of event.data.delta.content ?? []) {
          if (part.type === 'text') streamed += part.text?.value ?? '';
          if (part.type === 'refusal') streamed += part.refusal ?? '';
        }
      };
      let stream = runs.stream(threadId, ask).on('event', listen);
      let run = await stream.finalRun();
      while (run.status === 'requires_action') {
        const required = run.required_action?.submit_tool_outputs.tool_calls ?? [];
        const tool_outputs = required.map(({ id }) => ({ tool_call_id: id, output: 'fine' }));
        stream = runs
          .submitToolOutputsStream(run.id, { thread_id: threadId, tool_outputs })
          .on('event', listen);
        run = await stream.finalRun();
      }
      expect(['completed', 'failed', 'incomplete']).toContain(run.status);
      expect(api.errors).toEqual([]);

      const spoken = [...answers.map(({ events }) => textOf(events)), 'At last.'].slice(
        0,
        model.requests.length,
      );
      const messages = await Array.fromAsync(
        api.client.beta.threads.messages.list(threadId, { order: 'asc', run_id: run.id }),
      );
      const written = messages
        .flatMap(({ content }) => content)
        .map((part) =>
          part.type === 'text' ? part.text.value : part.type === 'refusal' ? part.refusal : '',
        );
      expect(withoutNotice(written.join(''))).toBe(spoken.join(''));
      expect(withoutNotice(streamed)).toBe(spoken.join(''));
      const steps = await Array.fromAsync(runs.steps.list(run.id, { thread_id: threadId }));
      expect(steps.filter(({ status }) => status === 'in_progress')).toEqual([]);
      expect(messages.filter(({ status }) => status === 'in_progress')).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

/** An answer that the provider's filter lets nothing of pass is asked for anew, and the person is told of it. */
function withoutNotice(written: string): string {
  return written.replace(
    /(?:⚠️ [^\n]* left out of this conversation: [^\n]* content filter [^\n]*\n)+\n/g,
    '',
  );
}

function textOf(events: ModelEvent[]): string {
  return events
    .map((event) => (event.type === 'text' || event.type === 'refusal' ? event.delta : ''))
    .join('');
}
