import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { inPlace, inThread } from '../../../adapters/discord/place.ts';
import type { BegunReply, IncomingMessage, KeptReply, Reply } from '../../../src/platform.ts';
import { Publisher } from '../../../src/reply/publisher/publisher.ts';
import type { Outcome, ReplyFile, View } from '../../../src/view.ts';
import { textTranscript } from '../../reply/publisher/text-transcript.ts';
import type { DiscordSim } from '../../sim/discord/discord.ts';
import { stopClock } from '../../sim/stopped-clock.ts';
import { openDiscord, openSim } from './open-scene.ts';

/** A reply whose process dies and which another one goes on with: of the first one only what it kept is left. */

const POST = 'POST /channels/:channel/messages';
const EDIT = 'PATCH /channels/:channel/messages/:message';
/** Longer than Discord knows a nonce, in ms. */
const LONG = 200_000;

function viewOf(texts: readonly string[], outcome?: Outcome, files: readonly ReplyFile[] = []): View {
  const parts = texts.map((text) => ({ opening: '', source: text, closing: '', text }));
  return { parts, calls: [], files, ...(outcome && { outcome }) };
}

function file(name: string): ReplyFile {
  return { id: `file-${name}`, name, bytes: Buffer.from(name) };
}

/** What another reply says in the same channel meanwhile. */
const OTHER = 'Another answer.';
const FILES = Array.from({ length: 12 }, (_, n) => file(`plot-${n}.png`));
/** Every message is older than that, also one that a clock has made that was ahead. */
const OLD = Number.NEGATIVE_INFINITY;
const DONE: Outcome = { status: 'completed' };

/** How an answer grows until it is there, as people should see it. */
const GROWTH: readonly View[] = [
  viewOf(['It']),
  viewOf(['It begins']),
  viewOf(['It begins and fills one.', 'Then']),
  viewOf(['It begins and fills one.', 'Then another one.', 'And a third']),
  viewOf(['It begins and fills one.', 'Then another one.', 'And a third.'], DONE, FILES),
];

type Where = 'thread' | 'reply' | 'direct' | 'anew';

/** A question, and where its reply shall stand. */
function ask(sim: DiscordSim, where: Where): { question: IncomingMessage; channel: string } {
  const ann = sim.user('ann');
  const direct = where === 'direct';
  const asked = direct ? ann.dm('go') : ann.says('general', `${sim.mention} go`);
  const channel = where === 'thread' ? asked.id : asked.channel.id;
  const replyTo =
    where === 'thread'
      ? inThread(asked.channel.id, asked.id, 'Go')
      : inPlace(channel, where === 'reply' ? asked.id : undefined);
  const conversation = `discord:${direct ? channel : asked.id}`;
  return {
    question: { id: asked.id, conversation, author: { id: ann.user.id, name: 'ann' }, text: 'go', replyTo },
    channel,
  };
}

/** Makes the calls that bring people to a view, for as long as `lives` says so after each; whether it came to the end. */
async function show(reply: Reply, view: View, lives: () => boolean = () => true): Promise<boolean> {
  for (let call = reply.next(view); call; call = reply.next(view)) {
    await call.send();
    if (!lives()) return false;
  }
  return true;
}

/** A process that goes on with a reply, with nothing but what another one kept of it. */
function goOn(sim: DiscordSim, question: IncomingMessage, kept?: KeptReply, options = {}): Reply {
  const begun: BegunReply = kept ? { kept: JSON.parse(JSON.stringify(kept)) } : {};
  return openDiscord(sim, options).reply([question], begun);
}

function open(sim: DiscordSim, question: IncomingMessage, options = {}): Reply {
  return openDiscord(sim, options).reply([question]);
}

/** What people see of the bot's messages after a question. */
function seen(sim: DiscordSim, channel: string, after: string) {
  return sim
    .messages(channel)
    .filter(({ id, author, isNote }) => author === 'Bobbin' && !isNote && BigInt(id) > BigInt(after))
    .filter(({ content }) => content !== OTHER)
    .map(({ content, buttons, attachments, replyTo }) => ({
      content,
      buttons: buttons.map(({ label }) => label),
      files: attachments.map(({ name }) => name),
      answers: replyTo?.content,
    }));
}

/** How much of the answer is there when it is shown first. */
const start = fc.integer({ min: 0, max: GROWTH.length - 1 });

/** After so many calls a process dies; whether it still kept the last one, and Discord still knows its nonce. */
const death = fc.record({
  calls: fc.integer({ min: 1, max: 7 }),
  isKept: fc.boolean(),
  isSoon: fc.boolean(),
  back: fc.integer({ min: 0, max: 3 }),
});

test.each<Where>(['thread', 'reply', 'direct', 'anew'])(
  'wherever processes die, people see the reply as if none had (%s)',
  async (where) => {
    const pass = stopClock();
    const sim = await openSim();
    const undisturbed = ask(sim, where);
    const whole = open(sim, undisturbed.question);
    for (const view of GROWTH) await show(whole, view);
    const expected = seen(sim, undisturbed.channel, undisturbed.question.id);
    expect(expected.flatMap(({ files }) => files)).toHaveLength(FILES.length);

    await fc.assert(
      fc.asyncProperty(start, fc.array(death, { minLength: 1, maxLength: 4 }), async (from, deaths) => {
        const { question, channel } = ask(sim, where);
        const pings = sim.pings.length;
        let reply = open(sim, question);
        let at = from;
        for (const { calls, isKept, isSoon, back } of deaths) {
          let left = calls;
          let before = reply.kept;
          const lives = () => {
            left--;
            if (left > 0) before = reply.kept;
            return left > 0;
          };
          while (at < GROWTH.length && (await show(reply, GROWTH[at] as View, lives))) at++;
          const kept = isKept ? reply.kept : before;
          reply.close?.();
          if (!isSoon) pass(LONG);
          if (channel === sim.channel('general').id)
            await show(open(sim, ask(sim, 'reply').question), viewOf([OTHER], DONE));
          at = Math.max(0, Math.min(at, GROWTH.length - 1) - back);
          reply = goOn(sim, question, kept);
        }
        for (const view of GROWTH.slice(at)) await show(reply, view);
        reply.close?.();
        expect(seen(sim, channel, question.id)).toEqual(expected);
        const own = sim.pings.slice(pings).filter(({ author }) => author === 'Bobbin');
        const others = deaths.length;
        if (where === 'reply')
          expect(own.filter(({ notified }) => notified.includes('ann'))).toHaveLength(1 + others);
      }),
      { numRuns: 15 },
    );
  },
);

test('a publisher goes on with what stands, and ends it', async () => {
  const pass = stopClock();
  const sim = await openSim();
  const { question, channel } = ask(sim, 'thread');
  const publish = (reply: Reply) =>
    new Publisher(reply, { toolCall: () => undefined }, pino({ level: 'silent' }));
  const answer = `${'It begins and goes on. '.repeat(150)}It ends.`;
  publish(open(sim, question)).update(textTranscript(answer.slice(0, 2_500)));
  await sim.until(() => sim.world.channels.has(channel) && seen(sim, channel, question.id).length === 2);
  pass(LONG);
  const next = publish(goOn(sim, question));
  next.update(textTranscript(answer.slice(0, 100)));
  next.update(textTranscript(answer));
  expect(await next.finish(DONE)).toEqual(DONE);
  const shown = seen(sim, channel, question.id);
  expect(
    shown
      .map(({ content }) => content)
      .join(' ')
      .replace(/\s+/g, ' '),
  ).toBe(answer);
  expect(shown.map(({ buttons }) => buttons.length)).toEqual([0, 3]);
});

test('what stands is not posted and not edited again where it is as it should be', async () => {
  const sim = await openSim();
  const { question } = ask(sim, 'thread');
  const first = open(sim, question);
  for (const view of GROWTH.slice(0, 4)) await show(first, view);
  const [posts, edits] = [sim.calls.count(POST), sim.calls.count(EDIT)];
  const second = goOn(sim, question, first.kept);
  for (const view of GROWTH.slice(3)) await show(second, view);
  // Of three messages the last one is ended, before twelve files come in two.
  expect(sim.calls.count(POST) - posts).toBe(2);
  expect(sim.calls.count(EDIT) - edits).toBe(1 + 0);
});

test('what is kept is small, and another object only when something has changed', async () => {
  const sim = await openSim();
  const { question } = ask(sim, 'thread');
  const reply = open(sim, question);
  await show(reply, viewOf(['x'.repeat(1_000)]));
  const { kept } = reply;
  await show(reply, viewOf(['x'.repeat(1_900)]));
  expect(reply.kept).toBe(kept);
  await show(reply, viewOf(['x'.repeat(1_900), 'y'.repeat(1_900)], DONE, FILES));
  expect(reply.kept).not.toBe(kept);
  expect(JSON.stringify(reply.kept).length).toBeLessThan(1_000);
});

test('an answer that is written anew and shorter takes nothing away before it is whole', async () => {
  const sim = await openSim();
  const { question, channel } = ask(sim, 'thread');
  const first = open(sim, question);
  await show(first, viewOf(['One.', 'Two.', 'Thr']));
  const contents = () => seen(sim, channel, question.id).map(({ content }) => content);
  const stops = () => seen(sim, channel, question.id).map(({ buttons }) => buttons.join());
  const second = goOn(sim, question, first.kept);
  await show(second, viewOf([]));
  expect(contents()).toEqual(['One.', 'Two.', 'Thr']);
  await show(second, viewOf(['Other']));
  expect(contents()).toEqual(['Other', 'Two.', 'Thr']);
  expect(stops()).toEqual(['', '', 'Stop']);
  await show(second, viewOf(['Other.'], DONE));
  expect(contents()).toEqual(['Other.']);
  expect(stops()).toEqual(['👍,👎,Regenerate']);
});

test.each<[string, Outcome, string]>([
  ['stopped', { status: 'stopped' }, '-# Stopped.'],
  ['has failed', { status: 'failed', error: 'It is gone.' }, '⚠️ It is gone.'],
])(
  'who finds that a reply is %s without its text leaves it, and says so once',
  async (_what, outcome, said) => {
    const sim = await openSim();
    const { question, channel } = ask(sim, 'direct');
    const first = open(sim, question);
    await show(first, viewOf(['One.', 'Two']));
    let kept = first.kept;
    for (let process = 0; process < 3; process++) {
      const next = goOn(sim, question, kept);
      await show(next, viewOf([], outcome));
      kept = next.kept;
      expect(seen(sim, channel, question.id).map(({ content }) => content)).toEqual(['One.', 'Two', said]);
    }
    expect(seen(sim, channel, question.id).map(({ buttons }) => buttons.length)).toEqual([0, 0, 3]);
  },
);

test.each<[string, KeptReply]>([
  ['nothing of ours', { thread: 'x', posts: 3 }],
  ['of wrong types', { channel: 7, messages: {}, nonces: 'many' }],
  ['of another place', { channel: '1234567890', messages: [{ nonce: 'n', id: '1234567891' }], nonces: 1 }],
])('what was kept and is %s counts as unknown', async (_what, junk) => {
  const sim = await openSim();
  const { question, channel } = ask(sim, 'reply');
  await show(open(sim, question), viewOf(['Begun']));
  await show(goOn(sim, question, junk), viewOf(['Begun and ended.'], DONE));
  expect(seen(sim, channel, question.id)).toMatchObject([
    { content: 'Begun and ended.', answers: expect.any(String) },
  ]);
});

test('in direct messages the end of the answer before is not taken for the beginning of the next one', async () => {
  const pass = stopClock();
  const sim = await openSim();
  const { question: before, channel } = ask(sim, 'direct');
  const old = open(sim, before);
  await show(old, viewOf(['One.', 'Tw']));
  const { question } = ask(sim, 'direct');
  await show(old, viewOf(['One.', 'Two.', 'Three.'], DONE));
  const first = open(sim, question);
  await show(first, viewOf(['Fo']));
  pass(LONG);
  await show(goOn(sim, question), viewOf(['Four.', 'Five.'], DONE));
  expect(seen(sim, channel, before.id).map(({ content }) => content)).toEqual([
    'One.',
    'Two.',
    'Three.',
    'Four.',
    'Five.',
  ]);
});

test('where Discord fails while a reply is looked for, none is posted beside it', async () => {
  const pass = stopClock();
  const sim = await openSim();
  const { question, channel } = ask(sim, 'thread');
  await show(open(sim, question), viewOf(['Begun']));
  pass(LONG);
  sim.fail('GET /channels/:channel/messages', 500, 2);
  const second = goOn(sim, question);
  const view = viewOf(['Begun and ended.'], DONE);
  await expect(second.next(view)?.send()).rejects.toThrow('status 500');
  await expect(second.next(view)?.send()).rejects.toThrow('status 500');
  await show(second, view);
  expect(seen(sim, channel, question.id).map(({ content }) => content)).toEqual(['Begun and ended.']);
});

test('an edit that goes back over an answer that was over is not the last one, though its answer is lost', async () => {
  const sim = await openSim();
  const { question, channel } = ask(sim, 'thread');
  const [growing, over] = [viewOf(['All of it.']), viewOf(['All of it.'], DONE)];
  const first = open(sim, question);
  await show(first, over);
  const expected = seen(sim, channel, question.id);
  const second = goOn(sim, question, first.kept);
  await second.next(growing)?.send();
  sim.fail(EDIT, 'lost-answer', 1);
  await expect(second.next(growing)?.send()).rejects.toThrow();
  expect(seen(sim, channel, question.id)).not.toEqual(expected);
  await show(second, over);
  expect(seen(sim, channel, question.id)).toEqual(expected);
});

test('what Discord did not take of a reply is not tried again, and stays told', async () => {
  const sim = await openSim();
  const { question, channel } = ask(sim, 'thread');
  sim.banLink('https://bad.example');
  sim.deny('general', ['AttachFiles']);
  const bad = 'Look at https://bad.example';
  const first = open(sim, question);
  await show(first, viewOf([bad, 'More.'], DONE, [file('a.png')]));
  const expected = seen(sim, channel, question.id);
  expect(expected.map(({ content }) => content)).toEqual([
    expect.stringContaining('Discord did not take the rest of this message'),
    'More.',
    expect.stringContaining('Discord did not take the file a.png'),
  ]);
  const calls = sim.calls.count(POST) + sim.calls.count(EDIT);
  await show(goOn(sim, question, first.kept), viewOf([bad, 'More.'], DONE, [file('a.png')]));
  expect(seen(sim, channel, question.id)).toEqual(expected);
  expect(sim.calls.count(POST) + sim.calls.count(EDIT)).toBe(calls);
});

test('a message that had grown too old, and its successor that nobody lived to note, are one in the end', async () => {
  const pass = stopClock();
  const sim = await openSim({ timing: { oldMessage: OLD }, oldMessageEdits: { limit: 1, window: 600_000 } });
  const { question, channel } = ask(sim, 'thread');
  const first = open(sim, question, { oldMessageMs: OLD });
  for (const text of ['One', 'One, two']) await show(first, viewOf([text]));
  const view = viewOf(['One, two, three']);
  await first.next(view)?.send();
  const { kept } = first;
  await first.next(view)?.send();
  expect(seen(sim, channel, question.id).map(({ content }) => content)).toEqual([
    'One, two',
    'One, two, three',
  ]);
  pass(LONG);
  await show(goOn(sim, question, kept, { oldMessageMs: OLD }), view);
  expect(seen(sim, channel, question.id).map(({ content }) => content)).toEqual(['One, two, three']);
});

test.each([true, false])(
  'a reply that stands in the channel, since no thread could be started, goes on there (kept: %s)',
  async (isKept) => {
    const pass = stopClock();
    const sim = await openSim({ activeThreads: 0 });
    const { question } = ask(sim, 'thread');
    const first = open(sim, question);
    const { kept } = first;
    await show(first, viewOf(['Begun']));
    sim.world.settings.activeThreads = 10;
    pass(LONG);
    const second = goOn(sim, question, isKept ? first.kept : kept);
    await show(second, viewOf(['Begun and ended.'], DONE));
    expect(seen(sim, 'general', question.id).map(({ content }) => content)).toEqual(['Begun and ended.']);
    expect(sim.world.channels.has(question.id)).toBe(false);
  },
);

test('a process that dies before its thread is there leaves it to the next one', async () => {
  const sim = await openSim();
  const { question, channel } = ask(sim, 'thread');
  sim.fail('POST /channels/:channel/messages/:message/threads', 'hang', 1);
  const { kept } = open(sim, question);
  await show(goOn(sim, question, kept), viewOf(['Whole.'], DONE));
  expect(seen(sim, channel, question.id).map(({ content }) => content)).toEqual(['Whole.']);
});

test('a reply that is gone on with shows typing as a new one does, and one that was over does not', async () => {
  const sim = await openSim();
  const [begun, over] = [ask(sim, 'direct'), ask(sim, 'reply')];
  const first = open(sim, begun.question);
  await show(first, viewOf(['Begun']));
  const second = open(sim, over.question);
  await show(second, viewOf(['Whole.'], DONE));
  for (const reply of [first, second]) reply.close?.();
  await show(goOn(sim, over.question, second.kept), viewOf(['Whole.'], DONE));
  goOn(sim, begun.question, first.kept);
  await sim.until(() => sim.typing(begun.channel).includes('Bobbin'));
  expect(sim.typing(over.channel)).toEqual([]);
});
