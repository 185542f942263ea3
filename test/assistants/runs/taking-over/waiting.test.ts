import { describe, expect, test } from 'vitest';
import type { ModelEvent } from '../../../../src/assistants/models/model.ts';
import { calls, end, python, says, text, usage } from '../../../sim/scripted-model.ts';
import { transcript } from '../assistants-api.ts';
import { finished, killed, open, waits } from './killed.ts';

describe('a run that waits for a client', () => {
  const first: ModelEvent[] = [
    text('Let me look.'),
    ...python('1', 'c1'),
    ...calls('weather', '{"a":1}', 'c2', 1),
    ...calls('nonsense', '{}', 'c3', 2),
    text('Soon.'),
    { type: 'provider_item', item: { thought: 'deep' } },
    usage,
    end(),
  ];
  const outputs = { tool_outputs: [{ tool_call_id: 'c2', output: 'sunny' }] };

  test.each([false, true])(
    'waits on, and takes the outputs as if nothing had happened (stream: %s)',
    async (stream) => {
      const { threadId, id, next, dead } = await killed({ answers: [first] }, waits);
      const before = await dead.runs.find(threadId, id);
      const api = next([says('Sunny.')]);
      const { runs } = api.client.beta.threads;
      expect(await runs.retrieve(id, { thread_id: threadId })).toEqual(before);
      expect(api.interpreter.requests).toEqual([]);
      const params = { thread_id: threadId, ...outputs };
      if (stream) {
        const events: string[] = [];
        const streamed = runs
          .submitToolOutputsStream(id, params)
          .on('event', ({ event }) => void events.push(event));
        expect((await streamed.finalRun()).status).toBe('completed');
        expect(events[0]).toBe('thread.run.step.completed');
        expect(events).not.toContain('thread.run.created');
      } else await runs.submitToolOutputs(id, params);
      const { run, steps } = await finished(api, threadId, id);
      expect(run).toMatchObject({ status: 'completed', usage: { prompt_tokens: 20 } });
      expect(steps.map(({ type }) => type)).toEqual([
        'message_creation',
        'tool_calls',
        'message_creation',
        'message_creation',
      ]);
      expect(await transcript(api, threadId)).toEqual([
        'user: Hello?',
        'assistant: Let me look.',
        'assistant: Soon.',
        'assistant: Sunny.',
      ]);
      const [, ...items] = api.model.requests[0]?.items ?? [];
      expect(items.map((item) => ('callId' in item ? `${item.type} ${item.callId}` : item.type))).toEqual([
        'message',
        ...['tool_call c1', 'tool_call c2', 'tool_call c3', 'provider'],
        ...['tool_output c1', 'tool_output c2', 'tool_output c3'],
        'message',
      ]);
      expect(items.flatMap((item) => (item.type === 'tool_output' ? item.output : []))).toEqual([
        'ran 1\n',
        'sunny',
        'There is no function called "nonsense". These can be called: code_interpreter, weather.',
      ]);
    },
  );

  test('still refuses other outputs, can be cancelled, and may wait through many deaths', async () => {
    const { threadId, id, next, process } = await killed({ answers: [first] }, waits);
    const second = process();
    const api = open(second, [says('.')]);
    const wrong = { thread_id: threadId, tool_outputs: [{ tool_call_id: 'c1', output: '' }] };
    await expect(api.client.beta.threads.runs.submitToolOutputs(id, wrong)).rejects.toThrow(
      "['c2'], got ['c1']",
    );
    second.kill();
    const third = next([says('.')]);
    await third.client.beta.threads.runs.cancel(id, { thread_id: threadId });
    const { run, steps } = await finished(third, threadId, id);
    expect(run).toMatchObject({ status: 'cancelled', usage: { prompt_tokens: 10 } });
    expect(steps.at(-1)?.status).not.toBe('in_progress');
  });
});
