import type { MessageContentPartParam } from 'openai/resources/beta/threads/messages';
import type { RunCreateParamsBase } from 'openai/resources/beta/threads/runs/runs';
import { describe, expect, test } from 'vitest';
import type { Demand } from '../../sim/demands.ts';
import { filter, largestBody, noImageOf, noImages, refusal } from '../../sim/demands.ts';
import type { RawReply } from '../../sim/model-server.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { chat, type Pair, responses } from '../models/servers.ts';
import { conversation, memoryStore, openApi, transcript } from './assistants-api.ts';

const PNG = 'data:image/png;base64,';
const NO_EYES = '⚠️ Pictures were left out of this conversation: the model `scripted` takes none.';
const FILTERED =
  '⚠️ A message was left out of this conversation: the provider’s content filter refused it. Try other words.';

/** A thread and everything that is kept of it, before a server that refuses some things. */
async function thread(start: typeof chat | typeof responses, ...demands: Demand[]) {
  const keyv = memoryStore();
  const { server, model } = await start({ models: ['scripted'], demands });
  const interpreter = new ScriptedInterpreter({ 'print(1)': { prints: ['forbidden\n'] } });
  let api = openApi<Pair['model']>(model, { keyv, interpreter });
  const { threadId, ask } = await conversation(api, 'Good morning.');
  return {
    server,
    say: (content: string | MessageContentPartParam[]) =>
      api.client.beta.threads.messages.create(threadId, { role: 'user', content }),
    /** Runs, and gives what the assistant said, the number of requests it took, and how it ended. */
    async run(params: Pick<RunCreateParamsBase, 'response_format'> = {}) {
      const before = server.requests.length;
      const run = await api.client.beta.threads.runs.stream(threadId, { ...ask, ...params }).finalRun();
      const said = (await transcript(api, threadId)).at(-1)?.replace('assistant: ', '') ?? '';
      return { said, requests: server.requests.length - before, status: run.status, error: run.last_error };
    },
    /** Another process, before the same server or another one, goes on with what is kept. */
    async restart(...others: Demand[]) {
      const next = await start({ models: ['scripted'], demands: [...demands, ...others] });
      this.server = next.server;
      Object.assign(server, { requests: next.server.requests });
      api = openApi<Pair['model']>(next.model, { keyv, interpreter });
    },
    sent: () => JSON.stringify(server.requests.at(-1)?.body),
  };
}

function picture(bytes = 'AAAA', text = 'What is this?'): MessageContentPartParam[] {
  return [
    { type: 'text', text },
    { type: 'image_url', image_url: { url: PNG + bytes } },
  ];
}

const REFUSES_IMAGES: [who: string, RawReply][] = [
  [
    'DeepSeek',
    refusal(
      400,
      'Failed to deserialize the JSON body into the target type: messages[1]: unknown variant `image_url`, expected `text` at line 1 column 98',
    ),
  ],
  [
    'llama.cpp',
    refusal(
      500,
      'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
    ),
  ],
  ['OpenRouter', refusal(404, 'No endpoints found that support image input')],
  ['a text-only server', refusal(422, 'messages.1.content: Input should be a valid string')],
  ['Groq', refusal(400, 'messages[1].content must be a string')],
  [
    'a server of Responses',
    refusal(400, "Invalid value: 'input_image'. Supported values are: 'input_text'.", {
      param: 'input[0].content[1]',
    }),
  ],
  [
    'Gemini',
    {
      status: 400,
      body: [
        { error: { code: 400, message: 'Image input modality is not enabled for models/gemma-3-1b-it' } },
      ],
    },
  ],
  ['vLLM', refusal(400, 'scripted is not a multimodal model')],
  [
    'a server, in its stream',
    {
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: 'data: {"error":{"message":"This model does not support vision"}}\n\n',
    },
  ],
];

const FILTERS: [who: string, RawReply][] = [
  [
    'Azure',
    refusal(400, "The response was filtered due to the prompt triggering Azure OpenAI's policy.", {
      code: 'content_filter',
      innererror: { code: 'ResponsibleAIPolicyViolation' },
    }),
  ],
  [
    'a filter that names no code',
    refusal(
      400,
      'The response was filtered due to the prompt triggering our content management policy. Please modify your prompt and retry.',
    ),
  ],
  [
    'OpenAI',
    refusal(400, 'Invalid prompt: your prompt was flagged as potentially violating our usage policy.', {
      code: 'invalid_prompt',
    }),
  ],
  [
    'OpenRouter',
    refusal(403, 'Your chosen model requires moderation and your input was flagged for "violence".'),
  ],
  ['DeepSeek', refusal(400, 'Content Exists Risk')],
  [
    'Alibaba',
    refusal(400, 'Input data may contain inappropriate content.', { code: 'data_inspection_failed' }),
  ],
  [
    'a gateway, in its stream',
    {
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: 'data: {"error":{"code":"content_filter","message":"Filtered."}}\n\n',
    },
  ],
];
const AZURE = FILTERS[0]?.[1] as RawReply;

describe.each([
  ['chat completions', chat],
  ['responses', responses],
] as const)('what a server of %s refuses', (_, start) => {
  test.each(REFUSES_IMAGES)(
    'of pictures in the words of %s is left out, told once, and never sent again',
    async (_, answer) => {
      const talk = await thread(start, noImages(answer));
      await talk.say(picture());
      const first = await talk.run();
      expect(first).toMatchObject({ status: 'completed', requests: 2 });
      expect(first.said).toMatch(
        new RegExp(`^${NO_EYES}\n\nYou said: What is this\\?\\s*\\[A picture was left out here: `),
      );
      await talk.restart();
      for (const question of ['Thank you.', 'And now?']) {
        await talk.say(question);
        expect(await talk.run()).toMatchObject({ said: `You said: ${question}`, requests: 1 });
        expect(talk.sent()).toContain('[A picture was left out here: the model takes no pictures.]');
      }
      await talk.say(picture('BBBB', 'And this?'));
      expect((await talk.run()).said).toMatch(new RegExp(`^${NO_EYES}\n\nYou said: And this\\?`));
    },
  );

  test.each(FILTERS)(
    'of words in those of %s is left out, told once, and never sent again',
    async (_, answer) => {
      const talk = await thread(start, filter(/forbidden/, answer));
      await talk.run();
      await talk.say('Tell me of forbidden things.');
      const said = `${FILTERED}\n\nYou said: [A message was left out here: the provider’s content filter refused it.]`;
      expect(await talk.run()).toMatchObject({ said, status: 'completed', requests: 2 });
      await talk.restart();
      await talk.say('Thank you.');
      expect(await talk.run()).toMatchObject({ said: 'You said: Thank you.', requests: 1 });
      expect(talk.sent()).not.toContain('forbidden');
      expect(talk.sent()).toContain('[A message was left out here');
      expect(talk.sent()).toContain('Good morning.');
    },
  );

  test('of one picture takes no other with it', async () => {
    const answer = refusal(400, 'You uploaded an unsupported image. Please make sure your image is valid.', {
      code: 'image_parse_error',
    });
    const talk = await thread(start, noImageOf('BROKEN', answer));
    await talk.say(picture('FINE'));
    await talk.run();
    await talk.say(picture('BROKEN'));
    expect((await talk.run()).said).toMatch(/^⚠️ Pictures were left out .* could not read one\./);
    expect(talk.sent()).toContain('FINE');
  });

  test('by a proxy as too large loses old pictures before the new one', async () => {
    const talk = await thread(start, largestBody(9_000));
    await talk.say(picture('A'.repeat(5_000)));
    expect(await talk.run()).toMatchObject({ requests: 1 });
    await talk.say(picture('B'.repeat(5_000)));
    const second = await talk.run();
    expect(second.said).toMatch(
      /^⚠️ Pictures were left out .* too large with them\..*\n\nYou said: What is this\?$/,
    );
    expect(talk.sent()).toContain('BBBB');
    expect(talk.sent()).not.toContain('AAAA');
    await talk.restart();
    await talk.say('Thank you.');
    expect(await talk.run()).toMatchObject({ said: 'You said: Thank you.', requests: 1 });
  });

  test('by a proxy as too large is left out when it alone is', async () => {
    const talk = await thread(start, largestBody(9_000));
    await talk.say(picture('A'.repeat(2_000)));
    await talk.run();
    await talk.say(picture('B'.repeat(20_000)));
    expect((await talk.run()).said).toMatch(/^⚠️ Pictures were left out /);
    expect(talk.sent()).toContain('AAAA');
    await talk.say('Thank you.');
    expect(await talk.run()).toMatchObject({ said: 'You said: Thank you.', requests: 1 });
  });

  test('by a proxy as too large has its text shortened when there is no picture in it', async () => {
    const talk = await thread(start, largestBody(9_000));
    await talk.say(`begin ${'x'.repeat(50_000)} end`);
    expect((await talk.run()).said).toMatch(/^You said: begin x+\n\[… \d+ characters left out …\]\nx+ end$/);
    await talk.say('Thank you.');
    expect((await talk.run()).status).toBe('completed');
  });

  test('because the model has no room for a picture is left out before the conversation is given up', async () => {
    const answer = refusal(400, "This model's maximum context length is 4096 tokens.");
    const talk = await thread(start, noImages(answer));
    await talk.say(picture());
    expect((await talk.run()).said).toMatch(
      /^⚠️ Pictures were left out .* no room for them\.\n\nYou said: What/,
    );
    await talk.say('Thank you.');
    expect(await talk.run()).toMatchObject({ said: 'You said: Thank you.', requests: 1 });
  });

  test('of one of several messages leaves the others to be answered', async () => {
    const talk = await thread(start, filter(/forbidden/, AZURE));
    await talk.say('What is seven?');
    await talk.say('A forbidden word.');
    await talk.say('What is nine?');
    expect((await talk.run()).said).toBe(`${FILTERED}\n\nYou said: What is nine?`);
    expect(talk.sent()).toContain('What is seven?');
  });

  test('of a tool’s output is left out of this run and of later ones', async () => {
    const talk = await thread(start, filter(/forbidden\\n/, AZURE));
    const code = '{"code":"print(1)"}';
    talk.server.next({ toolCalls: [{ name: 'code_interpreter', arguments: code }] });
    await talk.say('Print it.');
    const first = await talk.run();
    expect(first.said).toMatch(/^⚠️ What a tool answered was left out .*\n\n.*\[The output was left out here/);
    await talk.restart();
    await talk.say('Thank you.');
    expect(await talk.run()).toMatchObject({ said: 'You said: Thank you.', requests: 1 });
    expect(talk.sent()).toContain('[The output was left out here');
  });

  test('only by another server, of what stands long in the thread, is found from the newest back', async () => {
    const talk = await thread(start);
    for (const text of ['One.', 'Two, forbidden.', 'Three.', 'Four.']) {
      await talk.say(text);
      await talk.run();
    }
    await talk.restart(filter(/forbidden/, AZURE));
    await talk.say('Five.');
    expect((await talk.run()).said).toMatch(
      /^⚠️ Messages were left out .* refused them\..*\n\nYou said: Five\.$/,
    );
    expect(talk.sent()).toContain('One.');
    await talk.say('Six.');
    expect(await talk.run()).toMatchObject({ said: 'You said: Six.', requests: 1 });
  });

  test('whatever is left out fails with what the server says, and tells nothing else', async () => {
    const talk = await thread(start, filter(/Good morning|left out here/, AZURE));
    const { status, error, said } = await talk.run();
    expect(status).toBe('failed');
    expect(error).toMatchObject({
      code: 'invalid_prompt',
      message: expect.stringMatching(/content filter.*Azure/),
    });
    expect(said).not.toContain('⚠️');
  });

  test('of both kinds is left out, and both are told', async () => {
    const eyes = REFUSES_IMAGES[1]?.[1] as RawReply;
    const talk = await thread(start, noImages(eyes), filter(/forbidden/, AZURE));
    await talk.say(picture());
    await talk.say('A forbidden word.');
    const first = await talk.run();
    expect(first.said).toContain(NO_EYES);
    expect(first.said).toContain(FILTERED);
    await talk.say('Thank you.');
    expect(await talk.run()).toMatchObject({ said: 'You said: Thank you.', requests: 1 });
  });

  test('is told with the first words of an answer that begins with a call', async () => {
    const talk = await thread(start, noImages(REFUSES_IMAGES[0]?.[1] as RawReply));
    talk.server.next({ toolCalls: [{ name: 'code_interpreter', arguments: '{"code":"print(1)"}' }] });
    await talk.say(picture());
    expect((await talk.run()).said).toMatch(new RegExp(`^${NO_EYES}\n\nThe code interpreter says`));
  });

  test('is not told in the midst of JSON', async () => {
    const talk = await thread(start, noImages(REFUSES_IMAGES[0]?.[1] as RawReply));
    talk.server.next({ text: '{"is": "a cat"}' });
    await talk.say(picture());
    expect((await talk.run({ response_format: { type: 'json_object' } })).said).toBe('{"is": "a cat"}');
  });
});

test('a filter that ends the answer before its first word is one that refuses the message', async () => {
  const finish = { choices: [{ index: 0, delta: {}, finish_reason: 'content_filter' }] };
  const body = `data: ${JSON.stringify(finish)}\n\ndata: [DONE]\n\n`;
  const answer = { status: 200, headers: { 'content-type': 'text/event-stream' }, body };
  const talk = await thread(chat, filter(/forbidden/, answer));
  await talk.say('A forbidden word.');
  expect((await talk.run()).said).toMatch(new RegExp(`^${FILTERED}\n\nYou said: `));
  await talk.say('Thank you.');
  expect(await talk.run()).toMatchObject({ said: 'You said: Thank you.', requests: 1 });
});

test('what a picture is only mentioned in is not about it', async () => {
  const talk = await thread(chat);
  const overloaded = refusal(503, 'The vision models are overloaded.');
  const tooLong = refusal(400, 'Image tokens exceed the context length.');
  for (const answer of [overloaded, tooLong]) {
    await talk.say(picture());
    talk.server.next(answer);
    expect((await talk.run()).said).toMatch(/^You said: /);
    expect(talk.sent()).toContain(PNG);
  }
});

test('what is no matter of pictures or words is not taken for one', async () => {
  const talk = await thread(chat);
  await talk.say(picture());
  for (const [answer, told] of [
    [refusal(401, 'Your image quota needs a key.'), /^The model cannot be used/],
    [refusal(403, 'Your account has been flagged.'), /^The model cannot be used/],
    [refusal(400, 'Invalid value for seed.'), /refused the request/],
  ] as const) {
    talk.server.next(answer);
    const { status, error, requests } = await talk.run();
    expect(status).toBe('failed');
    expect(error?.message).toMatch(told);
    expect(requests).toBe(1);
  }
});
