import { expect, onTestFinished, test } from 'vitest';
import { Presence } from '../../src/operations/presence.ts';
import { stopClock } from '../sim/stopped-clock.ts';
import { postgresScene } from '../store/postgres/scene.ts';

const scene = postgresScene();

test('one process at a time looks for what nobody heard, and the next goes on where it died', async () => {
  const database = await scene.freshDatabase();
  await (await scene.open(database)).keyv<number>('heard').set('chat', 1_000);
  const pass = stopClock();
  const process = async () => {
    const store = await scene.open(database);
    const presence = new Presence(store, () => {});
    presence.begin({ name: 'chat' });
    await presence.lastHeard('chat');
    const progress = await presence.progress('chat');
    const closed = new AbortController();
    onTestFinished(() => closed.abort());
    const until = presence.unheardUntil('chat', closed.signal);
    until.catch(() => {});
    return { store, presence, progress, until };
  };
  type Process = Awaited<ReturnType<typeof process>>;
  const turn = (one: Process) => one.until.then(() => one);
  const next = (processes: Process[]) => Promise.race(processes.map(turn));
  const processes = await Promise.all([process(), process(), process()]);
  const passing = setInterval(() => pass(14_000), 200);
  onTestFinished(() => clearInterval(passing));

  const first = await next(processes);
  expect(await first.until).toBeTypeOf('number');
  first.progress.read('chat:a', 5_000);
  await first.presence.close();
  await first.store.close();

  const second = await next(processes.filter((one) => one !== first));
  expect(await second.until).toBeTypeOf('number');
  expect(second.progress.readUntil('chat:a')).toBe(5_000);
  second.presence.taken('chat');

  const third = await next(processes.filter((one) => one !== first && one !== second));
  expect(await third.until).toBeUndefined();
});
