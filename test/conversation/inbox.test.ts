import { expect, test } from 'vitest';
import { Inbox } from '../../src/conversation/inbox.ts';
import { memoryStore } from '../../src/store/sqlite-store.ts';
import { from } from './harness.ts';

const unexpected = (error: unknown) => {
  throw error;
};

test('a message that is delivered twice is let through once, also in the same batch and after a restart', async () => {
  const store = memoryStore();
  const [first, second] = [from('Ann', 'one'), from('Ann', 'two')];
  expect(await new Inbox(store.keyv('seen'), unexpected).fresh([first, first])).toEqual([first]);
  expect(await new Inbox(store.keyv('seen'), unexpected).fresh([first, second])).toEqual([second]);
});

test('the same id in another conversation is another message', async () => {
  const inbox = new Inbox(memoryStore().keyv('seen'), unexpected);
  const message = from('Ann', 'one');
  const elsewhere = { ...message, conversation: 'test:2' };
  expect(await inbox.fresh([message, elsewhere])).toEqual([message, elsewhere]);
});
