import { expect, test } from 'vitest';
import { stopClock } from '../stopped-clock.ts';
import { NO_LIMITS, raw, start } from './harness.ts';

test('the view shows what is said, by whom, to whom, and what hangs on it', async () => {
  const sim = await start(NO_LIMITS);
  const [ann, ben] = [sim.user('ann'), sim.user('ben')];
  const question = ann.says('general', `${sim.mention} look at <#${sim.channel('general').id}>\nplease`, {
    files: [{ name: 'a.csv', data: 'a' }],
  });
  const answer = ben.says('general', 'I will', { replyTo: question });
  ben.edits(answer, 'I did');
  ann.reacts(answer, '👍');
  ben.startsThread(question, 'Looking');
  ben.types('general');
  expect(sim.view('general')).toBe(
    [
      '#general',
      'ann:',
      '  @Bobbin look at #general',
      '  please',
      '  📎 a.csv (1 bytes)',
      '  🧵 Looking',
      '  ╭ ann: @Bobbin look at #general',
      'ben:',
      '  I did (edited)',
      '  👍 1',
      'ben is typing…',
    ].join('\n'),
  );
});

test('typing ends by itself, or when its author writes', async () => {
  const pass = stopClock();
  const sim = await start(NO_LIMITS);
  const { id } = sim.channel('general');
  expect((await raw(sim, 'POST', `/channels/${id}/typing`)).status).toBe(204);
  pass(9_999);
  expect(sim.typing('general')).toEqual(['Bobbin']);
  pass(1);
  expect(sim.typing('general')).toEqual([]);
  await raw(sim, 'POST', `/channels/${id}/typing`);
  await raw(sim, 'POST', `/channels/${id}/messages`, { content: 'done' });
  expect(sim.typing('general')).toEqual([]);
});

test('who watches is told of everything that changes, and nothing after stopping', async () => {
  const sim = await start();
  const kinds: string[] = [];
  const stop = sim.watch(({ kind }) => kinds.push(kind));
  const ann = sim.user('ann');
  const message = ann.says('general', 'x');
  ann.types('general');
  ann.edits(message, 'y');
  ann.deletes(message);
  stop();
  ann.says('general', 'unseen');
  expect(kinds).toEqual(['message', 'typing', 'edit', 'delete']);
});

test('a thread shows its parent, its state and the message that it began with', async () => {
  const sim = await start();
  const ann = sim.user('ann');
  const thread = ann.startsThread(ann.says('general', 'first'), 'Plan');
  ann.says(thread, 'second');
  ann.changesThread(thread, { archived: true, locked: true });
  expect(sim.view('Plan')).toBe('#general › 🧵 Plan (archived, locked)\nann:\n  first\nann:\n  second');
});

test('waiting in vain says what people see', async () => {
  const sim = await start();
  sim.user('ann').says('general', 'hello');
  await expect(sim.until(() => false, 20)).rejects.toThrow('#general\nann:\n  hello');
});
