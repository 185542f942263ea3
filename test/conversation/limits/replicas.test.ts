import { expect, onTestFinished, test } from 'vitest';
import type { ModelEvent } from '../../../src/assistants/models/model.ts';
import type { PersonLimits } from '../../../src/conversation/limits/limits.ts';
import { type IncomingMessage, type Platform, unlimited } from '../../../src/platform.ts';
import type { View } from '../../../src/view.ts';
import { scriptedBot } from '../../sim/scripted-bot.ts';
import { aborted, end, ScriptedModel, text } from '../../sim/scripted-model.ts';
import { postgresScene } from '../../store/postgres/scene.ts';

const scene = postgresScene();

/** Several bots over one database, whose answers end when the test says so. */
async function replicas(count: number, limits: PersonLimits) {
  const database = await scene.freshDatabase();
  const { promise: isOpen, resolve: answerAll } = Promise.withResolvers<void>();
  const whispered: string[] = [];
  const ended: string[] = [];
  let running = 0;
  let most = 0;
  const model = new ScriptedModel(async function* (_request, signal): AsyncGenerator<ModelEvent> {
    most = Math.max(most, ++running);
    yield text('Well');
    await Promise.race([isOpen, aborted(signal)]).finally(() => running--);
    yield end();
  });
  const platform: Platform = {
    name: 'test',
    start: async () => {},
    close: async () => {},
    whisper: async ({ author }) => void whispered.push(author.id),
    reply: ([message]) => {
      let shown: View | undefined;
      return {
        limits: { characters: 2_000, tables: 'markdown' },
        next: (view) => {
          if (shown === view || shown?.outcome) return undefined;
          const send = async () => {
            shown = view;
            if (view.outcome) ended.push(message?.id ?? '');
          };
          return { budget: unlimited, send };
        },
      };
    },
  };
  const bots = await Promise.all(
    Array.from({ length: count }, async () => {
      const bot = await scriptedBot({ store: await scene.open(database), model, limits });
      await bot.connect(platform);
      onTestFinished(() => bot.close());
      return bot;
    }),
  );
  let asked = 0;
  const asks = (id: string) => {
    const message: IncomingMessage = {
      id: `${id}-${asked}`,
      conversation: `test:${id}-${asked}`,
      author: { id, name: id },
      text: 'Hello?',
    };
    return bots[asked++ % count]?.receive(message).kept;
  };
  const state = { running: () => running, most: () => most };
  return { bots, asks, whispered, ended, answerAll, model, ...state };
}

test('however many processes there are, one person has only so many turns at once, and all are answered', async () => {
  const { asks, ended, model, answerAll, most, running } = await replicas(3, {
    turnsAtOnce: 2,
    unlimited: [],
  });
  await Promise.all(Array.from({ length: 9 }, () => asks('ann')));
  await expect.poll(running).toBe(2);
  await asks('ben');
  await expect.poll(running).toBe(3);
  expect(model.requests).toHaveLength(3);
  answerAll();
  await expect.poll(() => ended.length).toBe(10);
  expect(most()).toBe(3);
});

test('however many processes there are, one person has only so many turns an hour, and is told once', async () => {
  const { asks, ended, whispered, answerAll } = await replicas(3, { turnsAnHour: 4, unlimited: [] });
  answerAll();
  await Promise.all(Array.from({ length: 12 }, () => asks('ann')));
  await Promise.all(Array.from({ length: 4 }, () => asks('ben')));
  await expect.poll(() => ended.filter((id) => id.startsWith('ben'))).toHaveLength(4);
  await expect.poll(() => whispered).toEqual(['ann']);
  await expect.poll(() => ended.filter((id) => id.startsWith('ann'))).toHaveLength(4);
});

test('the places of a process that ends are there for the others, which go on with what it left', async () => {
  const { bots, asks, ended, answerAll, running } = await replicas(2, { turnsAtOnce: 1, unlimited: [] });
  await asks('ann');
  await expect.poll(running).toBe(1);
  await asks('ann');
  await bots[0]?.close();
  answerAll();
  await expect.poll(() => ended.length).toBe(2);
});
