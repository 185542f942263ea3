import { expect, test } from 'vitest';
import { groupAlike } from '../../src/knowledge/alike.ts';
import { Gaps } from '../../src/knowledge/gaps.ts';
import { printedGaps } from '../../src/knowledge/reports/gaps.ts';
import { ConversationRecords } from '../../src/operations/forgetting/conversation-records.ts';
import { openMemory } from '../assistants/file-search/scene.ts';

test('questions are noted once for each reason, alike ones are grouped, and all go with their conversation', async () => {
  const store = openMemory();
  const gaps = new Gaps(store);
  const note = (
    conversation: string,
    message: string,
    question: string,
    reason: 'not found' | 'thumbs down' = 'not found',
  ) => gaps.note(conversation, { message, question, reason });
  await note('slack:a', '1', 'How do I reset   the VPN password?');
  await note('slack:a', '1', 'How do I reset the VPN password?');
  await note('slack:a', '2', 'VPN password reset, please', 'thumbs down');
  await note('slack:b', '3', 'Where can I reset my VPN password');
  await note('slack:b', '4', 'Wie viele Urlaubstage habe ich?');
  await note('slack:b', '5', ' \n ');
  const all = await gaps.all();
  expect(all.map(({ message }) => message).sort()).toEqual(['1', '2', '3', '4']);
  expect(groupAlike(all, ({ question }) => question).map((group) => group.length)).toEqual([3, 1]);
  expect(printedGaps(all)).toMatch(/^3 × .*VPN.* {2}\(.*2 × not found.*; last on .* in slack:[ab]\)\n/);

  // As a message that was deleted, or all of a person's, are forgotten.
  expect(await new ConversationRecords(store).deleteMessages('slack:b', ['3', '9'])).toBe(1);
  expect((await gaps.all()).map(({ message }) => message).sort()).toEqual(['1', '2', '4']);
  await new ConversationRecords(store).deleteNotes('slack:a');
  expect((await gaps.all()).map(({ message }) => message)).toEqual(['4']);
});
