import { expect, test } from 'vitest';
import { Scene, TIER_3 } from './budget-scene.ts';

const WINDOW_MS = TIER_3.perMs;

/** So many replies of a person, each with so many calls that can't wait. */
function flood(scene: Scene, replies: number, calls: number, ...people: string[]) {
  const budget = scene.budget(TIER_3);
  for (const person of people)
    for (let reply = 0; reply < replies; reply++) {
      const party = { person };
      for (let call = 0; call < calls; call++) scene.claim(budget, person, { room: 'all', reply: party });
    }
  return budget;
}

test('one person with many replies leaves a quarter of the calls, and who comes then need not wait', async () => {
  const scene = new Scene();
  const budget = flood(scene, 20, 10, 'ann');
  await scene.clock.runUntil(WINDOW_MS - 1);
  expect(scene.times('ann')).toHaveLength(37);
  for (let call = 0; call < 13; call++) scene.claim(budget, 'bob', { room: 'all', reply: { person: 'bob' } });
  await scene.clock.runUntil(WINDOW_MS - 1);
  expect(scene.times('bob')).toHaveLength(13);
});

test('one reply may have all calls, however many it needs', async () => {
  const scene = new Scene();
  flood(scene, 1, 100, 'ann');
  await scene.clock.runUntil(WINDOW_MS - 1);
  expect(scene.times('ann')).toHaveLength(50);
});

test('when everybody has many replies, no call stays unused, and each gets as many', async () => {
  const scene = new Scene();
  flood(scene, 5, 50, 'ann', 'bob');
  await scene.clock.runUntil(10 * WINDOW_MS);
  const [ann, bob] = ['ann', 'bob'].map((person) => scene.times(person).length);
  expect(ann).toBe(bob);
  expect(scene.times().length).toBeGreaterThan(10 * TIER_3.calls * 0.95);
});

test('a person whose other replies are over may have all calls again', async () => {
  const scene = new Scene();
  const budget = flood(scene, 5, 5, 'ann');
  await scene.clock.runUntil(3 * WINDOW_MS);
  const reply = { person: 'ann' };
  for (let call = 0; call < 100; call++) scene.claim(budget, 'later', { room: 'all', reply });
  await scene.clock.runUntil(4 * WINDOW_MS - 1);
  expect(scene.times('later')).toHaveLength(50);
});
