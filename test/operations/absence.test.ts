import { afterEach, expect, test, vi } from 'vitest';
import { memoryStore } from '../../src/store/sqlite/store.ts';
import { openScene } from './bot-scene.ts';

afterEach(() => {
  vi.useRealTimers();
});

async function scene() {
  const store = memoryStore();
  await store.keyv<number>('heard').set('slack', Date.now());
  const { bot, says } = await openScene(store);
  const places = async () => {
    const { signsLeft, atRest } = (await bot.absence('slack')) ?? {};
    return { signsLeft, atRest };
  };
  return { bot, says, places };
}

const [ONE, TWO] = ['slack:C:1.0', 'slack:C:2.0'];

test('where signs of work were taken away they are looked for last, until somebody has written there', async () => {
  const { bot, says, places } = await scene();
  await says('C:1.0', 'ann', 'hello');
  await says('C:2.0', 'ben', 'hello');
  expect(await places()).toEqual({ signsLeft: [], atRest: [TWO, ONE] });
  (await bot.absence('slack'))?.progress?.settled(TWO);
  expect(await places()).toEqual({ signsLeft: [], atRest: [ONE, TWO] });
  await says('C:2.0', 'ann', 'and now?');
  expect(await places()).toEqual({ signsLeft: [], atRest: [TWO, ONE] });
});

test('where they were taken away long after anybody had written they are not looked for again', async () => {
  const { bot, says, places } = await scene();
  await says('C:1.0', 'ann', 'hello');
  const absence = await bot.absence('slack');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 7 * 60_000 });
  absence?.progress?.settled(ONE);
  expect(await places()).toEqual({ signsLeft: [], atRest: [] });
});

test('where one was left it is told first, until it is gone', async () => {
  const { bot, says, places } = await scene();
  await says('C:1.0', 'ann', 'hello');
  await says('C:2.0', 'ben', 'hello');
  bot.signOfWork(ONE, 'left');
  await expect.poll(places).toEqual({ signsLeft: [ONE], atRest: [TWO] });
  bot.signOfWork(ONE, 'gone');
  await expect.poll(places).toEqual({ signsLeft: [], atRest: [TWO, ONE] });
});
