import OpenAI from 'openai';
import type { AssistantStream } from 'openai/lib/AssistantStream';
import type { AssistantStreamEvent, AssistantTool } from 'openai/resources/beta/assistants';
import { describe, expect, test } from 'vitest';
import { createAssistants } from '../../src/assistants/index.ts';
import { demoModel } from '../../src/assistants/models/demo.ts';
import type { Model } from '../../src/assistants/models/model.ts';
import { ScriptedInterpreter } from '../sim/scripted-interpreter.ts';
import { memory } from './client.ts';
import { chat, responses } from './models/servers.ts';

/*
 * What a program does that was written along OpenAI's own walkthroughs of the Assistants API:
 * https://platform.openai.com/docs/assistants/quickstart and …/tools/function-calling
 */

const EQUATION = 'I need to solve the equation `3x + 11 = 14`. Can you help me?';

function open(model: Model): OpenAI {
  const codeInterpreter = new ScriptedInterpreter();
  const onError = (error: unknown) => {
    throw error;
  };
  const { fetch } = createAssistants({ keyv: memory, model, codeInterpreter, onError });
  return new OpenAI({ apiKey: 'none', baseURL: 'http://assistants.test/v1', fetch });
}

/** What the quick start prints. */
function printed(stream: AssistantStream): string[] {
  const lines: string[] = [];
  const append = (text: string) => void lines.push((lines.pop() ?? '') + text);
  stream
    .on('textCreated', () => void lines.push('assistant > '))
    .on('textDelta', ({ value = '' }) => append(value))
    .on('toolCallCreated', ({ type }) => void lines.push(`assistant > ${type}: `))
    .on('toolCallDelta', (delta) => {
      if (delta.type !== 'code_interpreter') return;
      append(delta.code_interpreter?.input ?? '');
      for (const output of delta.code_interpreter?.outputs ?? [])
        if (output.type === 'logs') lines.push(`output > ${output.logs}`);
    });
  return lines;
}

const PROVIDERS = {
  'the demo': async () => ({ model: demoModel({ wordDelayMs: 0 }), name: 'demo' }),
  'a Chat Completions server': async () => ({ ...(await chat()), name: 'sim-small' }),
  'a Responses server': async () => ({ ...(await responses()), name: 'sim-small' }),
};

describe.each(Object.entries(PROVIDERS))('the quick start on %s', (_, provider) => {
  test('streams an answer and the code that leads to it', async () => {
    const { model, name } = await provider();
    const client = open(model);
    const assistant = await client.beta.assistants.create({
      name: 'Math Tutor',
      instructions: 'You are a personal math tutor. Write and run code to answer math questions.',
      tools: [{ type: 'code_interpreter' }],
      model: name,
    });
    const thread = await client.beta.threads.create();
    await client.beta.threads.messages.create(thread.id, { role: 'user', content: EQUATION });
    const stream = client.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id });
    const lines = printed(stream);
    await stream.done();
    expect(lines).toEqual([
      expect.stringMatching(/^assistant > \S/),
      expect.stringMatching(/^assistant > code_interpreter: from fractions import Fraction/),
      expect.stringMatching(/^output > ran from fractions/),
      expect.stringMatching(/^assistant > \S/),
    ]);
    expect((await stream.finalRun()).status).toBe('completed');
    expect((await stream.finalRunSteps()).map(({ type }) => type)).toEqual([
      'message_creation',
      'tool_calls',
      'message_creation',
    ]);
    expect(await stream.finalMessages()).toHaveLength(2);
  });

  test('polls a run, without an interval of its own, and reads the messages', async () => {
    const { model, name } = await provider();
    const client = open(model);
    const assistant = await client.beta.assistants.create({ model: name });
    const thread = await client.beta.threads.create();
    await client.beta.threads.messages.create(thread.id, { role: 'user', content: 'Hello!' });
    const run = await client.beta.threads.runs.createAndPoll(thread.id, {
      assistant_id: assistant.id,
      instructions: 'Please address the user as Jane Doe. The user has a premium account.',
    });
    expect(run.status).toBe('completed');
    expect(run.usage).toEqual({
      prompt_tokens: expect.any(Number),
      completion_tokens: expect.any(Number),
      total_tokens: expect.any(Number),
    });
    const { data } = await client.beta.threads.messages.list(run.thread_id);
    expect(data.reverse().map(({ role }) => role)).toEqual(['user', 'assistant']);
  });
});

const FUNCTIONS: AssistantTool[] = ['getCurrentTemperature', 'getRainProbability'].map((name) => ({
  type: 'function',
  function: {
    name,
    description: 'Tells it for a place.',
    parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
  },
}));

describe.each([
  ['a Chat Completions server', chat],
  ['a Responses server', responses],
])('function calling on %s', (_, provider) => {
  const place = JSON.stringify({ location: 'San Francisco, CA' });
  const toolCalls = [
    { name: 'getCurrentTemperature', arguments: place, id: 'call_1' },
    { name: 'getRainProbability', arguments: place, id: 'call_2' },
  ];

  async function prepare() {
    const { server, model } = await provider();
    server.next({ toolCalls }, { text: 'It is 57 degrees, and rain is unlikely.' });
    const client = open(model);
    const assistant = await client.beta.assistants.create({ model: 'sim-small', tools: FUNCTIONS });
    const thread = await client.beta.threads.create({
      messages: [{ role: 'user', content: 'What is the weather in San Francisco, and will it rain?' }],
    });
    return { client, threadId: thread.id, ask: { assistant_id: assistant.id } };
  }

  const answer = async (client: OpenAI, threadId: string) => {
    const [newest] = (await client.beta.threads.messages.list(threadId)).data;
    return newest?.content.map((part) => (part.type === 'text' ? part.text.value : '')).join('');
  };

  test('answers from within the stream that asks, as the event handler of the walkthrough does', async () => {
    const { client, threadId, ask } = await prepare();
    const { runs } = client.beta.threads;
    const seen: string[] = [];
    const onEvent = async (event: AssistantStreamEvent): Promise<void> => {
      if (event.event.startsWith('thread.run.') && !event.event.includes('step')) seen.push(event.event);
      if (event.event !== 'thread.run.requires_action') return;
      const { id, thread_id, required_action } = event.data;
      const tool_outputs = (required_action?.submit_tool_outputs.tool_calls ?? []).map((call) => ({
        tool_call_id: call.id,
        output: call.function.name === 'getCurrentTemperature' ? '57' : '0.06',
      }));
      const stream = runs.submitToolOutputsStream(id, { thread_id, tool_outputs });
      for await (const next of stream) await onEvent(next);
    };
    for await (const event of runs.stream(threadId, ask)) await onEvent(event);
    expect(seen).toEqual([
      'thread.run.created',
      'thread.run.queued',
      'thread.run.in_progress',
      'thread.run.requires_action',
      'thread.run.queued',
      'thread.run.in_progress',
      'thread.run.completed',
    ]);
    expect(await answer(client, threadId)).toBe('It is 57 degrees, and rain is unlikely.');
  });

  test('answers by polling, too', async () => {
    const { client, threadId, ask } = await prepare();
    const { runs } = client.beta.threads;
    const waiting = await runs.createAndPoll(threadId, ask);
    const calls = waiting.required_action?.submit_tool_outputs.tool_calls ?? [];
    expect(calls.map(({ function: { arguments: args } }) => args)).toEqual([place, place]);
    const tool_outputs = calls.map(({ id }) => ({ tool_call_id: id, output: '57' }));
    const run = await runs.submitToolOutputsAndPoll(waiting.id, { thread_id: threadId, tool_outputs });
    expect(run.status).toBe('completed');
    expect(await answer(client, threadId)).toBe('It is 57 degrees, and rain is unlikely.');
  });
});
