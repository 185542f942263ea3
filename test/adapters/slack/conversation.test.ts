import { expect, test } from 'vitest';
import { ScriptedModel, says } from '../../sim/scripted-model.ts';
import { Pen } from './pen.ts';
import { asks, asksDirectly, GENERAL, isQuiet, openWorld, SPEED } from './world.ts';

const answers = (...texts: string[]) => new ScriptedModel(...texts.map((text) => says(text)));

/** What the model was told last, by people. */
function lastAsked(model: ScriptedModel): string[] {
  const items = model.requests.at(-1)?.items ?? [];
  return items.flatMap((item) =>
    item.type === 'message' && item.role === 'user'
      ? item.content.map((content) => (content.type === 'text' ? content.text : content.type))
      : [],
  );
}

test('a mention in a channel is answered in its thread, once, and nothing is left of the work', async () => {
  const { sim } = await openWorld({ model: new ScriptedModel(says('Hello ', 'Ann', '.')) });
  const thread = asks(sim);
  await thread.quiet();
  await sim.settled();
  expect(thread.texts()).toEqual(['Hello Ann.\n[👍] [👎]\n[Regenerate]']);
});

test('a mention that arrives as two events, each of them twice, is one turn', async () => {
  const model = answers('Once.', 'Twice.');
  const { sim } = await openWorld({ model });
  sim.delivery.duplicateNext(2);
  const thread = asks(sim);
  await thread.quiet();
  await sim.settled();
  expect(thread.text()).toBe('Once.');
  expect(model.requests).toHaveLength(1);
});

test('a follow-up in the thread needs no mention, unless it speaks to someone else', async () => {
  const model = answers('First.', 'Second.', 'Third.');
  const { sim } = await openWorld({ model });
  const thread = asks(sim);
  await thread.quiet();
  const ben = sim.user('ben');
  ben.says(GENERAL, `what do you think, ${sim.user('cleo').mention}?`, { thread: thread.ts });
  ben.says(GENERAL, 'and <!subteam^S0HELP>?', { thread: thread.ts });
  await sim.settled();
  ben.says(GENERAL, 'and then?', { thread: thread.ts });
  await sim.until(() => thread.text().includes('Second.') && isQuiet(thread.view()));
  ben.says(GENERAL, `${sim.user('cleo').mention} says so, @bobbin, is it true?`, { thread: thread.ts });
  await sim.until(() => thread.text() === 'First.Second.Third.');
  expect(lastAsked(model).join()).not.toContain('what do you think');
  expect(lastAsked(model).at(-1)).toContain('@cleo says so, @bobbin, is it true?');
});

test('nothing is answered in channels and threads where nobody spoke to the bot', async () => {
  const model = answers('Nobody asked.');
  const { sim } = await openWorld({ model });
  const { ts } = sim.user('ann').says(GENERAL, 'lunch?');
  sim.user('ben').says(GENERAL, 'yes', { thread: ts });
  await sim.settled();
  expect(model.requests).toHaveLength(0);
  expect(sim.counters.of('assistant.threads.setStatus').calls).toBe(0);
});

test('direct messages are conversations by thread, and need no mention', async () => {
  const model = answers('Hello.', 'Another conversation.', 'Still the first.');
  const { sim } = await openWorld({ model });
  const ann = sim.user('ann');
  const first = ann.says(ann.dm, 'hello');
  await sim.until(() => isQuiet(sim.thread(ann.dm, first.ts)));
  const second = ann.says(ann.dm, 'something else');
  await sim.until(() => isQuiet(sim.thread(ann.dm, second.ts)));
  ann.says(ann.dm, 'back to that', { thread: first.ts });
  await sim.until(() => sim.texts(ann.dm, first.ts).length === 2);
  expect(lastAsked(model).join()).toContain('hello');
  expect(lastAsked(model).join()).not.toContain('something else');
});

test('edits, deletions and the bot’s own messages start nothing', async () => {
  const model = answers('Answer.', 'Too much.');
  const { sim } = await openWorld({ model });
  const ann = sim.user('ann');
  const thread = asks(sim, 'first');
  await thread.quiet();
  const plain = ann.says(GENERAL, 'no mention');
  ann.edits(plain, `now with ${`<@${sim.botUser}>`}`);
  ann.edits(thread, `<@${sim.botUser}> first, edited`);
  ann.deletes(plain);
  await sim.settled();
  expect(model.requests).toHaveLength(1);
});

test('a second and a third message during a reply are answered in order, in one following turn', async () => {
  const pen = new Pen();
  const model = new ScriptedModel(pen.answer, says('Both answered.'));
  const { sim } = await openWorld({ model });
  const thread = asks(sim, 'one');
  pen.says('Working');
  await sim.until(() => thread.view().includes('Working'));
  sim.user('ben').says(GENERAL, 'two', { thread: thread.ts });
  sim.user('ann').says(GENERAL, 'three', { thread: thread.ts });
  await sim.settled();
  pen.says(' on it.');
  pen.ends();
  await sim.until(() => thread.text() === 'Working on it.Both answered.' && isQuiet(thread.view()));
  expect(model.requests).toHaveLength(2);
  expect(
    lastAsked(model)
      .slice(-2)
      .map((text) => /two|three/.exec(text)?.[0]),
  ).toEqual(['two', 'three']);
});

test('a follow-up that comes before the first answer has begun is not lost', async () => {
  const pen = new Pen();
  const model = new ScriptedModel(pen.answer, says('Second.'));
  const { sim } = await openWorld({ model });
  const thread = asks(sim, 'one');
  sim.user('ann').says(GENERAL, 'and two', { thread: thread.ts });
  await sim.settled();
  pen.says('First.');
  pen.ends();
  await sim.until(() => isQuiet(thread.view()) && /First\.(?:Second\.)?$/.test(thread.text()));
  expect(lastAsked(model)).toContain('and two');
});

test('what people write reaches the model as they see it, with their names', async () => {
  const model = answers('Noted.');
  const { sim } = await openWorld({ model });
  const thread = asks(
    sim,
    `ask ${sim.user('ben').mention} in <#C0GENERAL|general> about <https://a.example/x|this> &amp; 1 &lt; 2`,
  );
  await thread.quiet();
  expect(lastAsked(model).join()).toContain('ask @ben in #general about [this](https://a.example/x) & 1 < 2');
  expect(JSON.stringify(model.requests.at(-1))).toContain('ann');
});

const ORDERS = ['as sent', 'reversed'] as const;

test.each(ORDERS)(
  'a file that only one of a mention’s two events has is there, whichever comes first (%s)',
  async (order) => {
    const model = answers('Read.', 'Twice.');
    const { sim } = await openWorld({ model });
    sim.delivery.hold();
    const files = [{ name: 'table.csv', content: 'a,b' }];
    const said = [
      sim.user('ann').says(GENERAL, '@bobbin read this', { files }),
      sim.user('ben').says(GENERAL, '@bobbin', { files }),
    ];
    sim.delivery.release(order);
    const view = () => said.map(({ ts }) => sim.thread(GENERAL, ts)).join('\n');
    await sim.until(() => said.every(({ ts }) => isQuiet(sim.thread(GENERAL, ts))));
    await sim.settled();
    expect(view()).not.toContain('/bobbin new');
    expect(model.requests).toHaveLength(2);
    for (const { items } of model.requests) expect(JSON.stringify(items)).toContain('table.csv');
  },
);

const ALONE = [
  ['app_mention', ['app_mention']],
  ['message', ['message.channels']],
] as const;

test.each(ALONE)(
  'where the app hears of the %s event only, a mention is answered',
  async (_event, events) => {
    const { sim } = await openWorld({
      model: answers('One.', 'Two.'),
      sim: { events: [...events], rates: { speed: SPEED } },
      slack: { timing: { sibling: 10, minute: 60_000 / SPEED } },
    });
    for (const answer of ['One.', 'Two.']) {
      const thread = asks(sim);
      await thread.finished();
      expect(thread.text()).toBe(answer);
    }
  },
);

test.each(ORDERS)('a mention without words is answered with help, once (%s)', async (order) => {
  const { sim } = await openWorld({ model: answers('Answer.') });
  sim.delivery.hold();
  const thread = asks(sim, '');
  sim.delivery.release(order);
  await sim.until(() => thread.view().includes('/bobbin new'));
  await sim.until(() => !thread.view().includes('is thinking'));
  sim.user('ann').says(GENERAL, '@bobbin hello', { thread: thread.ts });
  await thread.quiet();
  expect(thread.texts()).toHaveLength(2);
});

test('in a channel the status says what is done until there is text', async () => {
  const pen = new Pen();
  const { sim } = await openWorld({ model: new ScriptedModel(pen.answer) });
  const thread = asks(sim);
  await sim.until(() => thread.view().includes('bobbin is thinking…'));
  pen.says('This');
  await sim.until(() => thread.view().includes('This') && !thread.view().includes('is thinking'));
  pen.ends();
  await thread.quiet();
});

test('in direct messages the session has a Stop button, and the first question becomes the title', async () => {
  const pen = new Pen();
  const { sim } = await openWorld({ model: new ScriptedModel(pen.answer) });
  const thread = asksDirectly(sim, 'what is a status?\nTell me.');
  await sim.until(() => thread.view().includes('[■ Stop]'));
  await sim.until(() => thread.view().includes('“what is a status?”'));
  pen.says('This.');
  pen.ends();
  await thread.quiet();
});

test('in a group direct message the bot answers those who mention it, and their follow-ups', async () => {
  const model = answers('First.', 'Second.', 'Third.');
  const { sim } = await openWorld({ model });
  const [ann, ben] = [sim.user('ann'), sim.user('ben')];
  ann.says('C0GROUP', 'lunch?');
  const { ts } = ben.says('C0GROUP', '@bobbin hello', { files: [{ name: 'a.txt', content: 'x' }] });
  await sim.until(() => isQuiet(sim.thread('C0GROUP', ts)));
  ann.says('C0GROUP', 'and then?', { thread: ts });
  await sim.until(() => sim.thread('C0GROUP', ts).includes('Second.') && isQuiet(sim.thread('C0GROUP', ts)));
  expect(sim.texts('C0GROUP', ts)).toHaveLength(2);
  expect(model.requests).toHaveLength(2);
  expect(sim.counters.total().errors).toEqual({});
});

test('the messages tab offers the assistant’s prompts', async () => {
  const prompts = [
    { title: 'Solve', message: 'Solve 3x = 6' },
    { title: 'Sum', message: 'Sum this file' },
  ];
  const { sim } = await openWorld({ model: answers(''), prompts });
  const { channel } = sim.user('ann').opensMessagesTab();
  await sim.until(() => sim.view(channel).includes('[Solve] [Sum]'));
  sim.user('ben').opensHomeTab();
  await sim.settled();
  expect(sim.counters.of('assistant.threads.setSuggestedPrompts').calls).toBe(1);
});

test('conversations go on in private channels, too', async () => {
  const { sim } = await openWorld({ model: answers('In private.') });
  const { ts } = sim.user('ben').says('C0PRIVATE', '@bobbin psst');
  await sim.until(() => isQuiet(sim.thread('C0PRIVATE', ts)));
  expect(sim.thread('C0PRIVATE', ts)).toContain('In private.');
});
