import { expect, test } from 'vitest';
import { copies } from '../../functions/team.ts';
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
