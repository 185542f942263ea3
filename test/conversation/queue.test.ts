import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConversationQueue } from '../../src/conversation/queue.ts';
import type { IncomingMessage } from '../../src/platform.ts';

const message = (conversation: string, text: string): IncomingMessage => ({
  id: text,
  conversation,
  author: { id: 'u1', name: 'Ann' },
  text,
});

const texts = (messages: IncomingMessage[]) => messages.map(({ text }) => text);

test('messages that arrive during a turn are answered together, in order, by one following turn', async () => {
  const turns: string[][] = [];
  const first = Promise.withResolvers<void>();
  const queue = new ConversationQueue(async (messages) => {
    turns.push(texts(messages));
    if (turns.length === 1) await first.promise;
  });
  const drained = queue.push(message('c', '1'));
  queue.push(message('c', '2'));
  queue.push(message('c', '3'));
  first.resolve();
  await drained;
  expect(turns).toEqual([['1'], ['2', '3']]);
});

test('one conversation does not wait for another', async () => {
  const endless = Promise.withResolvers<void>();
  const queue = new ConversationQueue(([first]) =>
    first?.conversation === 'slow' ? endless.promise : Promise.resolve(),
  );
  void queue.push(message('slow', '1'));
  await expect(queue.push(message('quick', '1'))).resolves.toBeUndefined();
  endless.resolve();
});

test('stop aborts only the turn that runs, and what waits behind it is answered', async () => {
  const turns: string[][] = [];
  const queue = new ConversationQueue(async (messages, signal) => {
    turns.push(texts(messages));
    if (turns.length === 1) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    else expect(signal.aborted).toBe(false);
  });
  const drained = queue.push(message('c', '1'));
  queue.push(message('c', '2'));
  expect(queue.stop('c')).toBe(true);
  await drained;
  expect(turns).toEqual([['1'], ['2']]);
  expect(queue.stop('c')).toBe(false);
});

test('a queue that closes stops what runs, and what waits as it begins, but takes all of it', async () => {
  const turns: [string[], boolean][] = [];
  const queue = new ConversationQueue(async (messages, signal) => {
    turns.push([texts(messages), signal.aborted]);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  });
  queue.push(message('c', '1'));
  queue.push(message('c', '2'));
  await queue.close();
  expect(turns).toEqual([
    [['1'], false],
    [['2'], true],
  ]);
});

test('whatever arrives whenever, every message is answered once, in order, one turn at a time', async () => {
  const arrivals = fc.array(fc.record({ conversation: fc.constantFrom('a', 'b', 'c'), pause: fc.nat(3) }));
  await fc.assert(
    fc.asyncProperty(arrivals, fc.nat(3), async (list, work) => {
      const answered: Record<string, string[]> = {};
      const running = new Set<string>();
      const queue = new ConversationQueue(async (messages) => {
        const { conversation } = messages[0] as IncomingMessage;
        expect(running.has(conversation)).toBe(false);
        running.add(conversation);
        for (let i = 0; i < work; i++) await Promise.resolve();
        answered[conversation] = [...(answered[conversation] ?? []), ...texts(messages)];
        running.delete(conversation);
      });
      const sent: Record<string, string[]> = {};
      const done: Promise<void>[] = [];
      for (const [index, { conversation, pause }] of list.entries()) {
        for (let i = 0; i < pause; i++) await Promise.resolve();
        sent[conversation] = [...(sent[conversation] ?? []), String(index)];
        done.push(queue.push(message(conversation, String(index))));
      }
      await Promise.all(done);
      expect(answered).toEqual(sent);
    }),
  );
});
