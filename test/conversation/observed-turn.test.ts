import { expect, test } from 'vitest';
import { type TakeTurn, TurnWatch } from '../../src/conversation/observed-turn.ts';
import type { TurnTask } from '../../src/conversation/turns.ts';
import type { Outcome, View } from '../../src/view.ts';
import { from, SeenReply } from './harness.ts';

/** Turns that are watched, and what was told of them. */
function watching() {
  const told: string[] = [];
  const watch = new TurnWatch({
    turnStarted: (platform, waited) =>
      told.push(`${platform} started${waited === undefined ? ' unseen' : ''}`),
    turnContinued: (platform) => told.push(`${platform} continued`),
    textShown: (platform, seconds) => told.push(`${platform} text ${seconds >= 0}`),
    turnEnded: () => {},
    turnHandedOver: (platform) => told.push(`${platform} handed over`),
  });
  return { watch, told };
}

const view = (text: string, outcome?: Outcome): View => ({
  parts: text === '' ? [] : [{ opening: '', source: text, closing: '', text }],
  calls: [],
  files: [],
  ...(outcome && { outcome }),
});

/** A turn that shows these states of its reply, as the publisher does. */
const showing =
  (end: 'over' | 'left', ...views: View[]): TakeTurn =>
  async ({ messages }, platform) => {
    const reply = platform.reply(messages);
    for (const state of views) await reply.next(state)?.send();
    return end;
  };

const platform = () => {
  const reply = new SeenReply();
  return { reply, platform: { name: 'test', reply: () => reply } };
};

const task = (messages: TurnTask['messages'], begun?: TurnTask['begun']) =>
  ({ messages, ...(begun && { begun }) }) as TurnTask;

test('what a turn finds out of its platform it finds out of a watched one, too', async () => {
  const { watch } = watching();
  const tells = {
    download: async () => Buffer.from('a'),
    readers: async () => ({ places: ['slack:#hr'] }),
    displayNames: async () => new Map([['slack:U1', 'ann']]),
  };
  const found: unknown[] = [];
  const take: TakeTurn = async (_, { readers, displayNames, download }) => {
    const message = from('Ann', 'Hi');
    found.push(await readers?.(message, []), await displayNames?.(message, []), download !== undefined);
    return 'over';
  };
  await watch.take(take, task([from('Ann', 'Hi')]), { ...platform().platform, ...tells });
  expect(found).toEqual([{ places: ['slack:#hr'] }, new Map([['slack:U1', 'ann']]), true]);
});

test('a turn is told when it begins and when people see its first text, once', async () => {
  const { watch, told } = watching();
  const message = from('Ann', 'Hi');
  watch.arrived(message);
  const { platform: where, reply } = platform();
  const take = showing('over', view('', { status: 'stopped' }), view('Hel'), view('Hello'));
  expect(await watch.take(take, task([message]), where)).toBe('over');
  expect(reply.text).toBe('Hello');
  expect(told).toEqual(['test started', 'test text true']);
});

test('a turn of messages that another process heard is told without how long they waited', async () => {
  const { watch, told } = watching();
  const begun = { record: undefined };
  await watch.take(showing('left', view('Hel')), task([from('Ann', 'Hi')], begun), platform().platform);
  expect(told).toEqual(['test started unseen', 'test continued', 'test handed over']);
});

test('a call that fails has shown nothing', async () => {
  const { watch, told } = watching();
  const message = from('Ann', 'Hi');
  watch.arrived(message);
  const { platform: where, reply } = platform();
  let isDown = true;
  reply.onShow = () => {
    if (isDown) throw new Error('down');
  };
  const take: TakeTurn = async ({ messages }, { reply: open }) => {
    const opened = open(messages);
    await expect(opened.next(view('Hel'))?.send()).rejects.toThrow('down');
    expect(told).toEqual(['test started']);
    isDown = false;
    await opened.next(view('Hello'))?.send();
    return 'over';
  };
  await watch.take(take, task([message]), where);
  expect(told).toEqual(['test started', 'test text true']);
});
