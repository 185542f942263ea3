import { describe, expect, test } from 'vitest';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { conversation, openApi, transcript } from './assistants-api.ts';

describe('a run that answers with text', () => {
  test('streams the events of the API in their order', async () => {
    const api = openApi(new ScriptedModel(says('Hel', 'lo.')));
    const { threadId, ask } = await conversation(api);
    const events: string[] = [];
    for await (const { event } of await api.client.beta.threads.runs.create(threadId, {
      ...ask,
      stream: true,
    }))
      events.push(event);
    expect(events).toEqual([
      'thread.run.created',
      'thread.run.queued',
      'thread.run.in_progress',
      'thread.run.step.created',
      'thread.run.step.in_progress',
      'thread.message.created',
      'thread.message.in_progress',
      'thread.message.delta',
      'thread.message.delta',
      'thread.message.completed',
      'thread.run.step.completed',
      'thread.run.completed',
    ]);
    expect(await transcript(api, threadId)).toEqual(['user: Hello?', 'assistant: Hello.']);
    expect(api.errors).toEqual([]);
  });

  test('is followed by AssistantStream to its final run and message', async () => {
    const api = openApi(new ScriptedModel(says('Hel', 'lo.')));
    const { threadId, ask } = await conversation(api);
    const stream = api.client.beta.threads.runs.stream(threadId, ask);
    const run = await stream.finalRun();
    expect(run).toMatchObject({
      status: 'completed',
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
      last_error: null,
      expires_at: null,
      instructions: 'Be brief.',
    });
    expect(run.completed_at).toBeTypeOf('number');
    const [message] = await stream.finalMessages();
    expect(message).toMatchObject({
      status: 'completed',
      content: [{ type: 'text', text: { value: 'Hello.', annotations: [] } }],
    });
  });

  test('can be polled', async () => {
    const api = openApi(new ScriptedModel(says('Hello.')));
    const { threadId, ask } = await conversation(api);
    const run = await api.client.beta.threads.runs.createAndPoll(threadId, ask, { pollIntervalMs: 1 });
    expect(run.status).toBe('completed');
    expect(await transcript(api, threadId)).toEqual(['user: Hello?', 'assistant: Hello.']);
  });
});
