import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Place, Places } from '../../../src/conversation/limits/places.ts';

const NEVER = new AbortController().signal;

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

test('whatever comes and goes, nobody has more places than they may, and who came first goes first', async () => {
  const step = fc.record({
    type: fc.constantFrom('wait' as const, 'wait', 'release', 'leave'),
    person: fc.constantFrom('ann', 'ben'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, limit) => {
        const places = new Places(limit, undefined);
        const have: Record<string, Place[]> = { ann: [], ben: [] };
        const waiting: Record<string, { number: number; leave: AbortController }[]> = { ann: [], ben: [] };
        const served: Record<string, number[]> = { ann: [], ben: [] };
        const of = <T>(all: Record<string, T[]>, person: string) => all[person] ?? [];
        for (const [number, { type, person }] of steps.entries()) {
          if (type === 'release') await of(have, person).shift()?.release();
          else if (type === 'leave') of(waiting, person).pop()?.leave.abort();
          else {
            const one = { number, leave: new AbortController() };
            of(waiting, person).push(one);
            places.wait(person, number, one.leave.signal).then(
              (place) => {
                of(waiting, person).splice(of(waiting, person).indexOf(one), 1);
                of(have, person).push(place);
                of(served, person).push(number);
              },
              () => {},
            );
          }
          await settle();
          for (const who of ['ann', 'ben']) {
            const [places, line] = [of(have, who).length, of(waiting, who).length];
            expect(places).toBeLessThanOrEqual(limit);
            if (line > 0) expect(places).toBe(limit);
            expect(of(served, who)).toEqual(of(served, who).toSorted((a, b) => a - b));
          }
        }
      },
    ),
  );
});

test('who has come earlier goes first, however late they joined the line', async () => {
  const places = new Places(1, undefined);
  const held = await places.takeNow('ann');
  const order: string[] = [];
  const waits = (['late', 'early'] as const).map(async (name) => {
    const place = await places.wait('ann', name === 'late' ? 2 : 1, NEVER);
    order.push(name);
    await place.release();
  });
  expect(await places.takeNow('ann')).toBeUndefined();
  await held?.release();
  await Promise.all(waits);
  expect(order).toEqual(['early', 'late']);
  expect(await places.takeNow('ann')).toBeDefined();
});

test('where the store fails, who waits is told', async () => {
  const locks = { take: async () => Promise.reject(new Error('cut')) };
  await expect(new Places(1, locks).wait('ann', 0, NEVER)).rejects.toThrow('cut');
});
