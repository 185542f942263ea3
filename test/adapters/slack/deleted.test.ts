import { expect, test } from 'vitest';
import { client, slack } from '../../sim/slack/fixture.ts';
import { bareBot, openSlack } from './bare.ts';
import { GENERAL } from './world.ts';

async function scene() {
  const sim = await slack();
  const retracted: [string, string][] = [];
  const retract = async (conversation: string, message: string) =>
    void retracted.push([conversation, message]);
  await openSlack(sim, bareBot({ knows: async () => true, retract }));
  return { sim, ann: sim.user('ann'), retracted };
}

test('a message that its author deletes is retracted from its conversation, under the id that it was taken by', async () => {
  const { sim, ann, retracted } = await scene();
  const root = ann.says(GENERAL, '@bobbin hello');
  const more = ann.says(GENERAL, 'and more', { thread: root.ts });
  const direct = ann.says(ann.dm, 'hello');
  ann.deletes(more);
  ann.deletes(direct);
  await sim.settled();
  expect(new Set(retracted)).toEqual(
    new Set([
      [`slack:${GENERAL}:${root.ts}`, `slack:${GENERAL}:${more.ts}`],
      [`slack:${ann.dm}:${direct.ts}`, `slack:${ann.dm}:${direct.ts}`],
    ]),
  );
});

test('so is the first message of a thread, whose deletion comes as a change', async () => {
  const { sim, ann, retracted } = await scene();
  const root = ann.says(GENERAL, '@bobbin hello');
  ann.says(GENERAL, 'and more', { thread: root.ts });
  ann.deletes(root);
  await sim.settled();
  expect(retracted).toEqual([[`slack:${GENERAL}:${root.ts}`, `slack:${GENERAL}:${root.ts}`]]);
});

test('a message that is edited, and one of a bot that is deleted, stay as they are', async () => {
  const { sim, ann, retracted } = await scene();
  const root = ann.says(GENERAL, '@bobbin hello');
  ann.edits(root, '@bobbin hullo');
  const web = client(sim);
  const { ts = '' } = await web.chat.postMessage({ channel: GENERAL, thread_ts: root.ts, text: 'Hi.' });
  await web.chat.delete({ channel: GENERAL, ts });
  await sim.settled();
  expect(retracted).toEqual([]);
});

test('a message that is deleted while it is being taken is retracted after it was', async () => {
  const sim = await slack();
  const steps: string[] = [];
  const bot = bareBot({
    receive: () => {
      steps.push('kept');
      return { kept: Promise.resolve(), answered: Promise.resolve() };
    },
    retract: async () => void steps.push('retracted'),
  });
  await openSlack(sim, bot);
  sim.fails('users.info', { delayMs: 50 });
  const ann = sim.user('ann');
  ann.deletes(ann.says(ann.dm, 'a secret'));
  await sim.settled();
  expect(steps).toEqual(['kept', 'retracted']);
});
