import { expect, test } from 'vitest';
import { copies, team } from '../../functions/team.ts';
import { calls, end, says } from '../../sim/scripted-model.ts';
import { openScene } from './open-scene.ts';

test('a function reads what people attach in Discord, and what it gives comes with the reply', async () => {
  const scene = await openScene([[...calls('copy', '{}'), end()], says('Here it is.')], {
    functions: [copies],
  });
  const file = { name: 'table.csv', data: 'a,b\n1,2\n', contentType: 'text/csv' };
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} copy this`, { files: [file] });
  const replies = await scene.finished(question.id);
  expect(replies.map(({ content }) => content).join('')).toContain('Here it is.');
  expect(replies.flatMap(({ attachments }) => attachments)).toMatchObject([{ name: 'copy-of-table.csv' }]);
  expect(scene.model.requests[1]?.items.at(-1)).toMatchObject({
    output: expect.stringMatching(/^Copied for .*\.\n\[Attached to the reply.*copy-of-table\.csv\]$/),
  });
});

const breaks = team('break_it', async () => {
  throw new Error('It is broken.');
});

test('a call that failed does not look as if it had worked', async () => {
  const scene = await openScene([[...calls('break_it', '{}'), end()], says('It did not work.')], {
    functions: [breaks],
  });
  const question = scene.sim.user('ann').says('general', `${scene.sim.mention} break it`);
  const replies = await scene.finished(question.id);
  expect(replies.map(({ content }) => content).join('')).toContain('-# Used break it (failed)');
});
