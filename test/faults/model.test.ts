import { afterAll, beforeAll, expect, test } from 'vitest';
import { MODEL, Model } from './model.ts';
import { answerText, askingFor, codeFor, type Question } from './questions.ts';

const pace = { words: 7, everyMs: 0 };
const plain: Question = { number: 1, words: 30, pace };
const withCode: Question = { number: 2, words: 90, codeAfter: 40, pace };
const after: Question = { number: 3, words: 4, pace };

let model: Model;
beforeAll(async () => {
  model = await Model.start(1);
  for (const question of [plain, withCode, after]) model.learn(question);
});
afterAll(() => model.close());

interface Said {
  content: string | null;
  tool_calls?: { id: string; function: { arguments: string } }[];
}

const user = (question: Question) => ({ role: 'user', content: askingFor(question) });

async function answerTo(...messages: object[]): Promise<{ status: number; said: Said | undefined }> {
  const response = await fetch(`${model.url(0)}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer any' },
    body: JSON.stringify({ model: MODEL, messages }),
  });
  const { choices } = (await response.json()) as { choices?: { message: Said }[] };
  return { status: response.status, said: choices?.[0]?.message };
}

test('all questions since the last answer are answered, in their order and word by word', async () => {
  const old = [user(after), { role: 'assistant', content: 'said' }];
  const told = { role: 'user', content: `Not asked.\n${JSON.stringify({ text: askingFor(withCode) })}` };
  const { said } = await answerTo(...old, told, user(plain), user(after));
  expect(said?.content).toBe(`${answerText(plain, 1, 30)}\n\n${answerText(after, 1, 4)}`);
});

test('an answer with Python begins before it, calls it, and goes on once its output is there', async () => {
  const first = await answerTo(user(withCode), user(after));
  expect(first.said?.content).toBe(answerText(withCode, 1, 40));
  const [call] = first.said?.tool_calls ?? [];
  expect(JSON.parse(call?.function.arguments ?? '')).toEqual({ code: codeFor(withCode) });
  const asked = [user(withCode), user(after), { role: 'assistant', ...first.said }];
  const output = (content: string) => ({ role: 'tool', tool_call_id: call?.id, content });
  const rest = `${answerText(withCode, 41, 90)}\n\n${answerText(after, 1, 4)}`;
  expect((await answerTo(...asked, output('c2done'))).said).toMatchObject({ content: rest });
  const again = await answerTo(...asked, output('the process is gone'));
  expect(again.said).toMatchObject({ content: '', tool_calls: [call] });
});

test('what is ordered goes wrong with the next request, and is told where it ends a turn', async () => {
  model.fails('model 5xx', 1);
  expect(await answerTo(user(plain))).toMatchObject({ status: 503 });
  expect(await answerTo(user(plain))).toMatchObject({ status: 200 });
  expect(model.failedTurns).toEqual([]);
  model.fails('model out of order', 1);
  for (let tries = 0; tries < 3; tries++) expect(await answerTo(user(plain))).toMatchObject({ status: 500 });
  expect(await answerTo(user(plain))).toMatchObject({ status: 200 });
  expect(model.failedTurns).toEqual([[1]]);
});
