import { expect, test } from 'vitest';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { end, hangsAfter, python, ScriptedModel, says, text, usage } from '../../sim/scripted-model.ts';
import { Pen } from './pen.ts';
import { calls, edited, streamed } from './reply/growing.ts';
import { asks, asksDirectly, openWorld } from './world.ts';

test('a reply grows in one native stream, its first text at once', async () => {
  const { sim, pen, thread } = await streamed();
  expect(thread.view()).toContain('bobbin [app]: The first ▌');
  pen.says(' and the second');
  await sim.until(() => thread.view().includes('bobbin [app]: The first and the second ▌'));
  pen.says('.');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('The first and the second.');
  expect(calls(sim, 'chat.startStream')).toBe(1);
  expect(calls(sim, 'chat.stopStream')).toBe(1);
  expect(calls(sim, 'chat.update') + calls(sim, 'chat.postMessage')).toBe(0);
});

const CODE = 'print(6 * 7)';
const solves = () => new ScriptedModel([...python(CODE), usage, end()], says('It is **42**.'));
const prints42 = () => new ScriptedInterpreter({ [CODE]: { prints: ['42\n'] } });

test('a stream keeps the status of code in a task card, and the code and its output, once, in code blocks', async () => {
  const { sim } = await openWorld({ model: solves(), codeInterpreter: prints42() });
  const thread = asksDirectly(sim);
  await thread.quiet();
  expect(thread.view()).toMatch(/✔ Ran Python \(complete\)\n\s+```python/);
  expect(thread.view().split('print(6 * 7)')).toHaveLength(2);
  expect(thread.text()).toContain('```python\nprint(6 * 7)\n```\n\n```\n42\n```\n\nIt is **42**.');
});

test('an edited reply holds the same code blocks, without cards', async () => {
  const { sim, pen, thread } = await edited({ codeInterpreter: prints42() }, [says('It is **42**.')]);
  pen.does(...python(CODE));
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('```python\nprint(6 * 7)\n```\n\n```\n42\n```\n\nIt is **42**.');
  expect(calls(sim, 'chat.startStream')).toBe(0);
});

test('while code runs the card in a stream says so', async () => {
  const codeInterpreter = new ScriptedInterpreter({ [CODE]: { hangs: true } });
  const { sim } = await openWorld({ model: solves(), codeInterpreter });
  const thread = asksDirectly(sim);
  await sim.until(() => thread.view().includes('◐ Running Python (in_progress)'));
  sim.user('ann').stops(thread);
  await thread.quiet();
  expect(thread.view()).toContain('Stopped.');
  expect(thread.view()).not.toContain('in_progress');
});

test('while code runs the status beside an edited reply says so', async () => {
  const codeInterpreter = new ScriptedInterpreter({ [CODE]: { hangs: true } });
  const { sim } = await openWorld({ model: solves(), codeInterpreter });
  const thread = asks(sim);
  await sim.until(() => thread.view().includes('bobbin is running Python…'));
  sim.user('ann').stops(thread);
  await thread.quiet();
  expect(thread.view()).toContain('Stopped.');
});

test('Slack’s Stop button outlasts what is done on the way to the answer', async () => {
  const pen = new Pen();
  const model = new ScriptedModel(pen.answer, hangsAfter(text('It is')));
  const { sim } = await openWorld({ model, codeInterpreter: prints42() });
  const thread = asksDirectly(sim);
  pen.does(...python(CODE));
  await sim.until(() => thread.view().includes('◐ Running Python'));
  pen.does(usage, end());
  await sim.until(() => thread.view().includes('It is') && !thread.view().includes('Running Python'));
  expect(thread.view()).toContain('[■ Stop]');
  sim.user('ann').stops(thread);
  await thread.quiet();
});

test('a stream that Slack has ended goes on in the same message by edits', async () => {
  const { sim, pen, thread, stream } = await streamed();
  sim.expires(stream());
  pen.says(' and the second');
  await sim.until(() => thread.view().includes('The first and the second'));
  pen.says(', whole.');
  pen.ends();
  await thread.quiet();
  expect(thread.texts()).toHaveLength(1);
  expect(thread.text()).toBe('The first and the second, whole.');
});

test('a stream that ends at its last call is made whole by an edit', async () => {
  const { sim, pen, thread, stream } = await streamed();
  sim.expires(stream());
  pen.says(' and last.');
  pen.ends();
  await thread.quiet();
  expect(thread.text()).toBe('The first and last.');
  expect(thread.view()).not.toContain('broke off');
});

test('an old stream rolls on to a next message before Slack ends it', async () => {
  const long = 'A sentence of some length. '.repeat(60);
  const pen = new Pen();
  const { sim } = await openWorld({
    model: new ScriptedModel(pen.answer),
    slack: { timing: { streamLife: 0, minute: 1_000 } },
  });
  const thread = asksDirectly(sim);
  pen.says(long);
  await sim.until(() => thread.text().startsWith('A sentence'));
  const looks: boolean[] = [];
  const unwatch = sim.watch(() => looks.push(thread.view().includes('[■ Stop]')));
  pen.says(`\n\n${long}`);
  await sim.until(() => thread.texts().length === 2);
  unwatch();
  expect(thread.texts()[1]).not.toContain('[Stop]');
  expect(looks).not.toContain(false);
  pen.ends();
  await thread.quiet();
  expect(thread.texts().map(({ length }) => length > 1_000)).toEqual([true, true]);
  expect(thread.text().replaceAll(/\s/g, '')).toBe(`${long}${long}`.replaceAll(/\s/g, ''));
  expect(calls(sim, 'chat.startStream')).toBe(2);
});

test('an old stream with little in it is edited from then on', async () => {
  const { sim, pen, thread } = await streamed({ slack: { timing: { streamLife: 0, minute: 1_000 } } });
  pen.says(' word');
  await sim.until(() => thread.view().includes('The first word'));
  pen.ends();
  await thread.quiet();
  expect(thread.texts()).toHaveLength(1);
  expect(thread.text()).toBe('The first word');
});
