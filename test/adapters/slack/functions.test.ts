import { expect, test } from 'vitest';
import { copies, team } from '../../functions/team.ts';
import { calls, end, ScriptedModel, says, usage } from '../../sim/scripted-model.ts';
import { asks, asksDirectly, GENERAL, openWorld } from './world.ts';

test('a function reads what people attach in Slack, and what it gives comes into their thread', async () => {
  const model = new ScriptedModel([...calls('copy', '{}'), usage, end()], says('Here it is.'));
  const { sim } = await openWorld({ model, functions: [copies] });
  const { ts } = sim.user('ann').says(GENERAL, '@bobbin copy this', {
    files: [{ name: 'table.csv', content: 'a,b\n1,2\n', mimetype: 'text/csv' }],
  });
  await sim.until(() => sim.thread(GENERAL, ts).includes('📎 copy-of-table.csv'));
  expect(sim.thread(GENERAL, ts)).toContain('Here it is.');
  const file = [...sim.workspace.files.values()].find(({ name }) => name === 'copy-of-table.csv');
  expect(String(file?.content)).toBe('a,b\n1,2\n');
  expect(model.requests[1]?.items.at(-1)).toMatchObject({
    output: expect.stringMatching(/^Copied for ann\.\n\[Attached to the reply.*copy-of-table\.csv\]$/),
  });
});

const breaks = team('break_it', async () => {
  throw new Error('It is broken.');
});

test.each([
  ['in a channel', asks],
  ['where replies stream', asksDirectly],
])('%s a call that failed does not look as if it had worked', async (_, ask) => {
  const model = new ScriptedModel([...calls('break_it', '{}'), usage, end()], says('It did not work.'));
  const { sim } = await openWorld({ model, functions: [breaks] });
  const thread = ask(sim);
  await thread.quiet();
  expect(thread.view()).toContain('Used break it (failed) (error)');
  expect(thread.view()).not.toContain('✔');
});
