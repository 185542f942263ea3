import { expect, test } from 'vitest';
import { discordLinks } from '../../sim/links.ts';
import { says, text } from '../../sim/scripted-model.ts';
import { gate, heldBy, openScene } from './open-scene.ts';

const EVIL = 'https://evil.example/?d=SECRET';
const LINK = 'https://a.example/x';
const OURS = { linkHosts: ['a.example'] };

const KINDS = [
  EVIL,
  `<${EVIL}>`,
  `[https://bank.com](${EVIL})`,
  `![a chart](${EVIL})`,
  `| a | b |\n|---|---|\n| x | ${EVIL} |`,
  `- **${EVIL}**`,
  `-# ||${EVIL}||`,
  'HTTP://EVIL.example/SECRET',
  'https://bank.com@evil.example/SECRET',
  `[one](${EVIL}) [two](<${EVIL}> "title")`,
  'discord.gg/evil and discord.com/invite/evil',
  `\`\`\`\`\nfenced\n\`\`\`\`\n${EVIL}`,
  `\`a\n\n${EVIL}`,
  `${'x'.repeat(1_960)}${EVIL}`,
];

test('an address that stands nowhere is no link at any time, and its host is seen', async () => {
  const answer = KINDS.join('\n\n');
  const seen: string[] = [];
  const scene = await openScene([says(...(answer.match(/[\s\S]{1,5}/g) ?? []))]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} go`);
  sim.watch(() => seen.push(...scene.replies(question.id).map(({ content }) => content)));
  await scene.finished(question.id);
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.flatMap(discordLinks)).toEqual([]);
  expect(scene.text(question.id).match(/evil/gi)?.length).toBeGreaterThanOrEqual(KINDS.length);
});

test('an address that somebody wrote is a link, with more in it is none', async () => {
  const scene = await openScene([says(`${LINK} ${LINK}?d=SECRET [it](${LINK})`)]);
  const { sim } = scene;
  const question = sim.user('ann').says('general', `${sim.mention} see ${LINK}`);
  await scene.finished(question.id);
  expect(scene.text(question.id)).toBe(`${LINK} \`${LINK}?d=SECRET\` [it](${LINK})`);
  expect(sim.fetched).toEqual([]);
});

test.each<[string, (scene: Awaited<ReturnType<typeof openScene>>) => Promise<unknown>]>([
  [
    'a reply in a thread, with its edits',
    async (scene) => {
      const { id } = scene.sim.user('ann').says('general', `${scene.sim.mention} go`);
      return scene.finished(id);
    },
  ],
  [
    'a reply in direct messages',
    async (scene) => {
      scene.sim.user('ann').says(scene.sim.directMessages('ann'), 'go');
      return scene.finished(scene.sim.directMessages('ann').id);
    },
  ],
  [
    'the question of /ask',
    async (scene) => {
      scene.sim.user('ann').command('ask', { question: `see ${EVIL}` });
      await scene.sim.until(() => scene.replies('general').length === 1);
      return scene.finished(scene.replies('general')[0]?.id ?? '');
    },
  ],
])('%s brings no preview', async (_name, act) => {
  const more = gate();
  const answer = heldBy(more, text(`Begun ${LINK} `), text(`and ended ${LINK}?y`));
  const scene = await openScene([answer], OURS);
  const over = act(scene);
  setTimeout(() => more.open(), 50);
  await over;
  expect(scene.sim.fetched).toEqual([]);
});
