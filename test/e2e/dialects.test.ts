import { expect, onTestFinished, test } from 'vitest';
import { readSettings } from '../../src/settings/settings.ts';
import { startChatCompletions } from '../sim/chat-completions.ts';
import { startResponses } from '../sim/responses.ts';
import { chat, usedDataDir } from './bobbin.ts';

test.each([
  ['chat', startChatCompletions],
  ['responses', startResponses],
] as const)(
  'code in any form runs, and thoughts are neither shown nor sent back, behind a %s server',
  async (api, startServer) => {
    const { assistant } = await readSettings({});
    const server = await startServer({ models: [String(assistant.params.model)] });
    onTestFinished(() => server.close());
    const call = (name: string, args: unknown, id: string) => ({
      toolCalls: [{ name, arguments: typeof args === 'string' ? args : JSON.stringify(args), id }],
    });
    server.next(
      {
        text: ['<thi', 'nk>Secret one.</th', 'ink>\n\nLet me see.'],
        ...call(
          'functions.code_interpreter',
          JSON.stringify(JSON.stringify({ code: 'print(6 * 7)' })),
          'call_a',
        ),
      },
      {
        text: 'Secret two.</think>\n\n',
        ...call(
          'code_interpreter<|channel|>commentary',
          { python: '```python\nprint(6 * 8)\n```' },
          'call_b',
        ),
      },
      {
        text: 'Secret three.\n</think>\n\n',
        ...call('python', { code: ['x = 9', 'print(6 * x)'] }, 'call_c'),
      },
      { text: '[THINK]Secret four.[/THINK]The word is `<think>`.' },
      { text: 'Bye.' },
    );
    const env = {
      DATA_DIR: usedDataDir(),
      OPENAI_BASE_URL: server.url,
      OPENAI_API_KEY: 'sim',
      MODEL_API: api,
    };
    const { stdout, stderr } = await chat(['Compute.', 'Thanks.'], env);
    expect(stdout).toMatch(
      /Let me see\.[\s\S]*print\(6 \* 7\)[\s\S]*42[\s\S]*print\(6 \* 8\)[\s\S]*48[\s\S]*6 \* x[\s\S]*54/,
    );
    expect(stdout).toContain('The word is `<think>`.\n');
    // Once a thought is seen before anybody knows that it is one; the next ones are not.
    expect(stdout).not.toMatch(/Secret (one|three|four)|```python\n```/);
    expect(stderr).not.toContain('Error');
    expect(JSON.stringify(server.requests.map(({ body }) => body))).not.toContain('Secret');
    expect(server.requests).toHaveLength(5);
  },
);

test('answers are made in the background where that is set', async () => {
  const { assistant } = await readSettings({});
  const server = await startResponses({ models: [String(assistant.params.model)] });
  onTestFinished(() => server.close());
  const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'sim', MODEL_API: 'responses' };
  const { stdout } = await chat(['Hi'], { ...env, DATA_DIR: usedDataDir(), OPENAI_BACKGROUND: 'on' });
  expect(stdout).toContain('You said: Hi');
  expect(server.requests.map(({ body }) => body.background)).toEqual([true]);
  expect(server.statuses()).toEqual(['completed']);
});
