import { expect, test } from 'vitest';
import type { Slack } from '../../../adapters/slack/slack.ts';
import type { BegunReply, Call, IncomingMessage, KeptReply, Reply } from '../../../src/platform.ts';
import { layout } from '../../../src/reply/layout/layout.ts';
import type { View } from '../../../src/view.ts';
import type { SlackSim } from '../../sim/slack/slack.ts';
import {
  ANEW,
  type Answer,
  file,
  isAtWork,
  question,
  scene,
  seen,
  shows,
  viewsOf,
  words,
} from './going-on-scene.ts';

const KILLS = ['before it', 'after it', 'with its record lost', 'with all records lost'] as const;

/** Makes calls until one of them is the last of this process; what was kept, and whether it came so far. */
async function dies(reply: Reply, views: Iterable<View>, last: number, how: (typeof KILLS)[number]) {
  let kept: KeptReply | undefined;
  let count = 0;
  for (const view of views)
    for (let call: Call | undefined = reply.next(view); call; call = reply.next(view)) {
      const isLast = count++ === last;
      if (isLast && how === 'before it') return { kept, isDead: true };
      if (call.keepFirst) kept = jsonOf(call.keepFirst());
      await call.send();
      if (isLast && how === 'with all records lost') return { kept: undefined, isDead: true };
      if (isLast && how === 'with its record lost') return { kept, isDead: true };
      kept = reply.kept && jsonOf(reply.kept);
      if (isLast) return { kept, isDead: true };
    }
  return { kept, isDead: false };
}

/** What people see under a question whose answer one process brings to its end. */
async function undisturbed(sim: SlackSim, slack: Slack, answer: Answer, direct: boolean): Promise<string> {
  const asked = question(sim, direct);
  const reply = slack.reply([asked]);
  await shows(reply, viewsOf(answer, reply, 3));
  await sim.until(() => !isAtWork(sim, asked));
  return seen(sim, asked);
}

function jsonOf(kept: KeptReply): KeptReply {
  return JSON.parse(JSON.stringify(kept));
}

function expectNothingLeft(view: string): void {
  for (const left of [' ▌', '[■ Stop]', '[Stop]', 'bobbin is ', '⚠ (']) expect(view).not.toContain(left);
}

const SHORT: Answer = { text: words(60), files: [file('one.png'), file('two.png')] };
const LONG: Answer = { text: words(1_800) };

const CASES: [string, Answer, Answer][] = [
  ['an answer with files', SHORT, SHORT],
  ['an answer of several messages', LONG, LONG],
  ['an answer that is written anew and is shorter', LONG, ANEW],
];

test.each(CASES.flatMap((one) => [true, false].map((direct) => [...one, direct] as const)))(
  '%s, wherever its process dies, stands there whole and once in the end',
  async (_, before, after, direct) => {
    const { sim, first, second } = await scene();
    const expected = await undisturbed(sim, second, after, direct);
    // To die before a call is to die after the one before it.
    for (const how of KILLS)
      for (let last = 0, isDead = true; isDead && (how !== 'before it' || last === 0); last++) {
        const asked = question(sim, direct);
        const dying = first.reply([asked]);
        const death = await dies(dying, viewsOf(before, dying, 3), last, how);
        isDead = death.isDead;
        if (!isDead) continue;
        const reply = second.reply([asked], begunWith(death.kept));
        await shows(reply, viewsOf(after, reply, 2));
        await sim.until(() => !isAtWork(sim, asked));
        const view = seen(sim, asked);
        expect(view, `killed at call ${last}, ${how}`).toBe(expected);
        expectNothingLeft(view);
      }
  },
);

function begunWith(kept: KeptReply | undefined): BegunReply {
  return kept ? { kept } : {};
}

test.each([LONG, { ...SHORT, files: [] }])(
  'where each post was kept before it was made, only one that was on its way is looked for',
  async (answer) => {
    const { sim, first, second } = await scene();
    const expected = await undisturbed(sim, second, answer, false);
    const searches = () => sim.counters.of('conversations.replies').calls;
    for (const how of ['before it', 'after it', 'with its record lost'] as const)
      for (let last = 0, isDead = true; isDead && (how !== 'before it' || last === 0); last++) {
        const asked = question(sim, false);
        const dying = first.reply([asked]);
        const death = await dies(dying, viewsOf(answer, dying, 3), last, how);
        isDead = death.isDead;
        if (!isDead) continue;
        const before = searches();
        const kept = death.kept && { kept: death.kept };
        const reply = second.reply([asked], { ...kept, keepsFirst: true });
        await shows(reply, viewsOf(answer, reply, 2));
        await sim.until(() => !isAtWork(sim, asked));
        expect(seen(sim, asked), `killed at call ${last}, ${how}`).toBe(expected);
        expect(searches() - before).toBe(death.kept?.posting ? 1 : 0);
      }
  },
);

test.each([true, false])(
  'a reply that is taken over again and again ends as if it never were (direct: %j)',
  async (direct) => {
    const { sim, open, second } = await scene();
    const expected = await undisturbed(sim, second, LONG, direct);
    const asked = question(sim, direct);
    let kept: KeptReply | undefined;
    for (const [turn, how] of KILLS.entries()) {
      const reply = (await open()).reply([asked], turn === 0 ? undefined : begunWith(kept));
      const death = await dies(reply, viewsOf(LONG, reply, 3), turn, how);
      expect(death.isDead).toBe(true);
      kept = death.kept ?? kept;
    }
    const last = second.reply([asked], begunWith(kept));
    await shows(last, viewsOf(LONG, last, 3));
    await sim.until(() => !isAtWork(sim, asked));
    expect(seen(sim, asked)).toBe(expected);
  },
);

test.each(['its answer is lost', 'its process dies'] as const)(
  'an edit that goes back over an answer that was over is not the last one, though %s',
  async (how) => {
    const { sim, open, first, second } = await scene();
    const asked = question(sim, false);
    const whole = first.reply([asked]);
    const [growing, over] = [...viewsOf(ANEW, whole, 1)];
    if (!growing || !over) throw new Error('There are two views.');
    await shows(whole, [growing, over]);
    await sim.until(() => !isAtWork(sim, asked));
    const expected = seen(sim, asked);
    const again = second.reply([asked], begunWith(whole.kept));
    const call = again.next(growing);
    sim.fails('chat.update', { network: 'reset', applied: true });
    const sent = call?.send();
    const kept = again.kept;
    await expect(sent).rejects.toThrow();
    expect(seen(sim, asked)).toContain('[Stop]');
    const last = how === 'its answer is lost' ? again : (await open()).reply([asked], begunWith(kept));
    await shows(last, [over]);
    await sim.until(() => !isAtWork(sim, asked));
    expect(seen(sim, asked)).toBe(expected);
  },
);

const JUNK = [
  null,
  [],
  'text',
  { messages: 'none' },
  { messages: [{ ts: 7 }] },
  { messages: [{ ts: '1.5', length: 'long' }], files: 3 },
];

test.each(JUNK)('kept junk (%j) is as good as nothing kept', async (junk) => {
  const { sim, first, second } = await scene();
  const asked = question(sim, false);
  const dying = first.reply([asked]);
  await dies(dying, viewsOf(SHORT, dying, 4), 1, 'after it');
  const reply = second.reply([asked], { kept: junk as unknown as KeptReply });
  await shows(reply, viewsOf(SHORT, reply, 3));
  expect(sim.texts(asked.channel, asked.thread).filter((text) => text.includes('word 0'))).toHaveLength(1);
});

test('what is kept is small JSON that repeats no text, and another object only when it has changed', async () => {
  const { sim, first } = await scene();
  const asked = question(sim, false);
  const reply = first.reply([asked]);
  const objects = new Set<KeptReply | undefined>();
  let calls = 0;
  for (const view of viewsOf({ ...LONG, ...{ files: SHORT.files ?? [] } }, reply, 4))
    for (let call = reply.next(view); call; call = reply.next(view)) {
      await call.send();
      calls++;
      expect(reply.kept).toBe(reply.kept);
      objects.add(reply.kept);
    }
  reply.close?.();
  expect(objects.size).toBe(calls);
  const json = JSON.stringify(reply.kept);
  expect(JSON.parse(json)).toEqual(reply.kept);
  expect(json.length).toBeLessThan(400);
  expect(json).not.toContain('word');
});

test('messages of other replies and of people are never taken for the reply’s own', async () => {
  const { sim, first, second } = await scene();
  const asked = question(sim, true);
  const next = { ...question(sim, true), conversation: asked.conversation };
  const { ts } = sim.user('ann').says(asked.channel, 'and this?', { thread: asked.thread });
  const replyTo = { ...asked.replyTo, ts };
  const followUp = { ...next, id: `slack:${asked.channel}:${ts}`, replyTo } as IncomingMessage;
  const before = first.reply([asked]);
  await shows(before, viewsOf(SHORT, before, 3));
  const dying = first.reply([followUp]);
  await dies(dying, viewsOf(ANEW, dying, 3), 0, 'before it');
  const reply = second.reply([followUp], {});
  await shows(reply, viewsOf({ ...ANEW, files: SHORT.files ?? [] }, reply, 3));
  const view = seen(sim, asked);
  expect(view.split('word 59')).toHaveLength(2);
  expect(view.split('anew 39')).toHaveLength(2);
  expect(view.split('📎 one.png')).toHaveLength(3);
});

test('a reply to several messages is found also where the last of them came after it had begun', async () => {
  const { sim, first, second } = await scene();
  const asked = question(sim, false);
  const dying = first.reply([asked]);
  await dies(dying, viewsOf(ANEW, dying, 3), 0, 'with its record lost');
  const { ts } = sim.user('ann').says(asked.channel, 'and this?', { thread: asked.thread });
  const more = { ...asked, id: `slack:${asked.channel}:${ts}`, replyTo: { ...asked.replyTo, ts } };
  const reply = second.reply([asked, more as IncomingMessage], {});
  await shows(reply, viewsOf(ANEW, reply, 2));
  expect(seen(sim, asked).split('anew 0 ')).toHaveLength(2);
});

/** Every text that people saw in the reply's first message, as it changed. */
function textsOver(sim: SlackSim, asked: { channel: string; thread: string }) {
  const texts: string[] = [];
  const stop = sim.watch(() => {
    const text = sim.texts(asked.channel, asked.thread).join('\n');
    if (text !== texts.at(-1)) texts.push(text);
  });
  return { texts, stop };
}

test.each([true, false])(
  'while an answer is written anew, what people see does not shrink, and no message vanishes before the end (direct: %j)',
  async (direct) => {
    const { sim, first, second } = await scene({});
    const asked = question(sim, direct);
    const dying = first.reply([asked]);
    const { kept } = await dies(dying, viewsOf(LONG, dying, 2), 3, 'after it');
    const begun = sim.texts(asked.channel, asked.thread).length;
    expect(begun).toBeGreaterThan(1);
    const { texts, stop } = textsOver(sim, asked);
    const reply = second.reply([asked], begunWith(kept));
    for (const view of [...viewsOf({ text: words(200, 'anew') }, reply, 20)].slice(0, -1))
      for (let call = reply.next(view); call; call = reply.next(view)) await call.send();
    for (const text of texts) expect(text).toContain('word 0');
    expect(sim.texts(asked.channel, asked.thread)).toHaveLength(begun);
    await shows(reply, viewsOf({ text: words(200, 'anew') }, reply, 1));
    stop();
    expect(sim.texts(asked.channel, asked.thread)).toHaveLength(1);
    await sim.until(() => !isAtWork(sim, asked));
    expectNothingLeft(seen(sim, asked));
  },
);

test('the first message of a reply that went on is not sent again when it is complete', async () => {
  const { sim, first, second } = await scene();
  const asked = question(sim, false);
  const dying = first.reply([asked]);
  const { kept } = await dies(dying, viewsOf(LONG, dying, 1), 2, 'after it');
  sim.counters.reset();
  const reply = second.reply([asked], begunWith(kept));
  await shows(reply, viewsOf(LONG, reply, 1));
  const [ts] = (kept as { messages: { ts: string }[] }).messages.map((message) => message.ts);
  expect(sim.counters.calls.filter(({ method, args }) => method === 'chat.update' && args.ts === ts)).toEqual(
    [],
  );
});

test('an upload whose answer is lost is not made again', async () => {
  const { sim, first } = await scene();
  const asked = question(sim, false);
  const reply = first.reply([asked]);
  sim.fails('files.completeUploadExternal', { network: 'reset', applied: true });
  for (const view of viewsOf(SHORT, reply, 2))
    for (let call = reply.next(view); call; call = reply.next(view)) await call.send().catch(() => {});
  reply.close?.();
  expect(seen(sim, asked).split('📎 one.png')).toHaveLength(2);
});

test('a post whose answer is lost and that is not needed any more is taken away', async () => {
  const { sim, first } = await scene();
  const asked = question(sim, false);
  const reply = first.reply([asked]);
  sim.fails('chat.postMessage', { network: 'reset', applied: true });
  const view: View = { parts: layout('Something.', reply.limits, []), calls: [], files: [] };
  await reply
    .next(view)
    ?.send()
    .catch(() => {});
  await shows(reply, [{ parts: [], calls: [], files: [], outcome: { status: 'completed' } }]);
  expect(sim.texts(asked.channel, asked.thread)).toEqual([]);
});
