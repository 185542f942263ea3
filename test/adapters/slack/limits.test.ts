import { expect, test } from 'vitest';
import type { ModelEvent, ModelRequest } from '../../../src/assistants/models/model.ts';
import { memoryStore } from '../../../src/store/sqlite/store.ts';
import { askingFunction, callsOf } from '../../sim/asking-function.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { aborted, end, python, ScriptedModel, says, text } from '../../sim/scripted-model.ts';
import { stopClock } from '../../sim/stopped-clock.ts';
import { GENERAL, openWorld, SPEED, type World, type WorldOptions } from './world.ts';

/** A model that begins each answer, and ends those of which the test says so. */
class HeldModel extends ScriptedModel {
  readonly #held = new Map<string, () => void>();
  #isOpen = false;

  constructor() {
    super((request, signal) => this.#answer(asked(request), signal));
  }

  /** What was asked in each request so far. */
  get asked(): string[] {
    return this.requests.map(asked);
  }

  answers(question: string): void {
    this.#held.get(question)?.();
  }

  answersAll(): void {
    this.#isOpen = true;
    for (const open of this.#held.values()) open();
  }

  async *#answer(question: string, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    yield text(`On ${question}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.set(question, resolve);
    if (!this.#isOpen) await Promise.race([promise, aborted(signal)]);
    yield end();
  }
}

/** The last thing that a person said. */
function asked({ items }: ModelRequest): string {
  const last = items.findLast((item) => item.type === 'message' && item.role === 'user');
  const [part] = last?.type === 'message' ? last.content : [];
  return part?.type === 'text' ? part.text : '';
}

const AT_ONCE = 'I take no more of one person at once';
const AN_HOUR = 'I answer each person at most';

const open = (options: Partial<WorldOptions> & Pick<WorldOptions, 'model' | 'limits'>) =>
  openWorld({ ...options, sim: { rates: { speed: Number.POSITIVE_INFINITY }, ...options.sim } });

function asks({ sim }: World, who: string, question: string, thread?: string) {
  const { channel, ts } = sim.user(who).says(GENERAL, `@bobbin ${question}`, thread ? { thread } : {});
  return { channel, ts, texts: () => sim.texts(channel, thread ?? ts).join('\n') };
}

/** What only one person sees. */
function whispers({ sim }: World, channel = GENERAL): { user: string; text: string; threadTs?: string }[] {
  return sim.workspace.channel(channel).ephemerals;
}

const answered = ({ sim }: World, threads: { texts(): string }[]) =>
  sim.until(() => threads.every((thread) => thread.texts().includes('[Regenerate]')));

test('of one person’s crowd of questions some are at work, nobody else waits, and all are answered in order', async () => {
  const model = new HeldModel();
  const world = await open({ model, limits: { turnsAtOnce: 2, unlimited: [] } });
  const names = Array.from({ length: 8 }, (_, number) => `question ${number}`);
  const threads = names.map((name) => asks(world, 'ann', name));
  await expect.poll(() => model.asked).toEqual(names.slice(0, 2));
  const other = asks(world, 'ben', 'something else');
  await world.sim.until(() => other.texts().includes('On something else'));
  expect(model.asked).toEqual([...names.slice(0, 2), 'something else']);
  // They are told of it once, and alone.
  await expect.poll(() => whispers(world).length, { timeout: 20_000 }).toBe(1);
  expect(whispers(world)[0]).toMatchObject({ user: 'U0ANN', text: expect.stringContaining(AT_ONCE) });
  model.answers('question 1');
  await expect.poll(() => model.asked.at(-1)).toBe('question 2');
  model.answersAll();
  await answered(world, [...threads, other]);
  expect(model.asked.filter((name) => name !== 'something else')).toEqual(names);
  expect(whispers(world)).toHaveLength(1);
});

test('who has had all turns of an hour is told once, alone and until when, across a restart, and goes on after that', async () => {
  const pass = stopClock();
  const store = memoryStore();
  const limits = { turnsAnHour: 2, unlimited: [] };
  const model = new ScriptedModel(says('Fine.'));
  const first = await open({ model, limits, store: { ...store, close: async () => {} } });
  const taken = [asks(first, 'ann', 'one'), asks(first, 'ann', 'two')];
  await answered(first, taken);
  pass(10 * 60_000);
  const refused = ['three', 'four', 'five'].map((question) => asks(first, 'ann', question));
  const other = asks(first, 'ben', 'mine');
  await answered(first, [other]);
  await expect.poll(() => whispers(first)).toHaveLength(1);
  expect(whispers(first)[0]).toMatchObject({
    user: 'U0ANN',
    text: expect.stringMatching(/at most 2 questions an hour.*Ask again in 50 minutes\.$/),
  });
  await first.sim.until(() => !first.sim.view(GENERAL).includes('bobbin is '));
  expect(refused.map((thread) => thread.texts())).toEqual(['', '', '']);
  await first.close();
  const second = await open({ model, limits, store });
  const late = asks(second, 'ann', 'six');
  pass(20 * 60_000);
  await answered(second, [asks(second, 'ben', 'mine')]);
  expect(late.texts()).toBe('');
  expect(whispers(second)).toEqual([]);
  pass(40 * 60_000);
  await answered(second, [asks(second, 'ann', 'seven')]);
  expect(model.requests).toHaveLength(5);
});

test('a wish to have an answer anew is a turn, and what is said in a thread is told there; an edit is none', async () => {
  const model = new ScriptedModel(says('Fine.'));
  const world = await open({ model, limits: { turnsAnHour: 2, unlimited: [] } });
  const thread = asks(world, 'ann', 'one');
  await answered(world, [thread]);
  const ann = world.sim.user('ann');
  ann.edits(thread, '@bobbin ONE');
  const reply = () => {
    const replies = world.sim.workspace.replies(world.sim.workspace.channel(GENERAL), thread.ts);
    return { channel: GENERAL, ts: replies.at(-1)?.ts ?? '' };
  };
  await ann.presses(reply(), 'Regenerate');
  await world.sim.until(() => model.requests.length === 2);
  await world.sim.until(() => thread.texts().split('[Regenerate]').length === 3);
  await ann.presses(reply(), 'Regenerate');
  await expect.poll(() => whispers(world)).toHaveLength(1);
  expect(whispers(world)[0]).toMatchObject({ threadTs: thread.ts, text: expect.stringContaining(AN_HOUR) });
  expect(model.requests).toHaveLength(2);
});

test('in direct messages the same holds', async () => {
  const model = new ScriptedModel(says('Fine.'));
  const world = await open({ model, limits: { turnsAnHour: 1, unlimited: [] } });
  const { dm } = world.sim.user('ann');
  const { ts } = world.sim.user('ann').says(dm, 'one');
  await world.sim.until(() => world.sim.texts(dm, ts).join().includes('Fine.'));
  world.sim.user('ann').says(dm, 'two');
  await expect.poll(() => whispers(world, dm)).toHaveLength(1);
  expect(whispers(world, dm)[0]?.text).toContain('at most one question an hour');
});

test('who waits keeps nobody waiting in the same thread, and is answered there when their turn comes', async () => {
  const model = new HeldModel();
  const world = await open({ model, limits: { turnsAtOnce: 1, unlimited: [] } });
  const first = asks(world, 'ann', 'first');
  await expect.poll(() => model.asked).toEqual(['first']);
  const second = asks(world, 'ann', 'second');
  await expect.poll(() => world.bot.knows(`slack:${GENERAL}:${second.ts}`)).toBe(true);
  const guest = asks(world, 'ben', 'in between', second.ts);
  await expect.poll(() => model.asked).toEqual(['first', 'in between']);
  model.answersAll();
  await expect.poll(() => model.asked).toEqual(['first', 'in between', 'second']);
  await answered(world, [first, second]);
  expect(guest.texts()).toContain('On in between');
});

test('who waits and presses Stop waits no more, and is not answered', async () => {
  const model = new HeldModel();
  const world = await open({ model, limits: { turnsAtOnce: 1, unlimited: [] } });
  asks(world, 'ann', 'first');
  await expect.poll(() => model.asked).toEqual(['first']);
  const second = asks(world, 'ann', 'second');
  const conversation = `slack:${GENERAL}:${second.ts}`;
  await expect.poll(() => world.bot.stop(conversation)).toBe(true);
  await world.sim.until(() => second.texts().includes('Stopped.'));
  expect(model.asked).toEqual(['first']);
});

test('people and groups that are named have no limits', async () => {
  const model = new ScriptedModel(says('Fine.'));
  const unlimited = ['slack:U0ANN', 'slack:@it'];
  const world = await open({
    model,
    limits: { turnsAtOnce: 1, turnsAnHour: 1, unlimited },
    sim: { subteams: { S0IT: ['U0BEN'] } },
  });
  const threads = ['ann', 'ann', 'ben', 'ben'].map((who, at) => asks(world, who, `question ${at}`));
  await answered(world, threads);
  expect(whispers(world)).toEqual([]);
});

test('a turn that waits for a person’s word takes no place meanwhile', async () => {
  const { team, made } = askingFunction('asker');
  const model = new ScriptedModel(callsOf(['reset_vpn', '{"user":"ann"}']), says('Yes.'), says('Done.'));
  const world = await openWorld({
    model,
    functions: [team],
    limits: { turnsAtOnce: 1, unlimited: [] },
    sim: { rates: { speed: SPEED } },
  });
  const waits = asks(world, 'ann', 'reset my vpn');
  await world.sim.until(() => waits.texts().includes('[Approve]'));
  const next = asks(world, 'ann', 'is it noon?');
  await world.sim.until(() => next.texts().includes('Yes.'));
  const replies = world.sim.workspace.replies(world.sim.workspace.channel(GENERAL), waits.ts);
  await world.sim.user('ann').presses({ channel: GENERAL, ts: replies.at(-1)?.ts ?? '' }, 'Approve');
  await world.sim.until(() => waits.texts().includes('Done.'));
  expect(made).toHaveLength(1);
});

test('the Pythons are shared among people, whatever their conversations; who has no limits is one in each', async () => {
  const codeInterpreter = new ScriptedInterpreter();
  const answers = () => [[...python('1'), end()], says('Done.')];
  const model = new ScriptedModel(...answers(), ...answers(), ...answers());
  const world = await open({ model, codeInterpreter, limits: { unlimited: ['slack:U0BEN'] } });
  for (const who of ['ann', 'ann', 'ben']) await answered(world, [asks(world, who, 'run it')]);
  expect(codeInterpreter.requests.map(({ party }) => party)).toEqual([
    'slack:U0ANN',
    'slack:U0ANN',
    undefined,
  ]);
  expect(new Set(codeInterpreter.requests.map(({ session }) => session)).size).toBe(3);
});
