import { describe, expect, test } from 'vitest';
import type { Store } from '../../../../src/store/store.ts';
import type { PostgresWire } from '../../../sim/postgres-wire.ts';
import { type QueueScene, queueContract, survivalContract, worker } from '../../queue-contract.ts';
import { postgresScene } from '../scene.ts';

const { connect, cut, freshDatabase, open, openWire } = postgresScene(200);

describe('the queue in PostgreSQL', () => {
  const wires = new Map<Store, PostgresWire>();
  const scene: QueueScene = {
    async open() {
      const wire = await openWire();
      const store = await open('postgres', wire);
      wires.set(store, wire);
      return store;
    },
    // All its connections are closed at once, as the kernel does for a process that was killed.
    async crash(store) {
      await wires.get(store)?.close();
      await store.close();
    },
    cut: () => cut('postgres', 'bobbin session'),
  };
  queueContract(() => scene);
  survivalContract(() => scene);
});

describe('what pg-boss would do by itself', () => {
  test('nothing that waits or is worked on is taken away after its time limits, and what was done goes', async () => {
    const database = await freshDatabase();
    const store = await open(database);
    const { work, nth } = worker();
    const queue = store.queue<string>('test');
    await queue.start(work);
    await queue.put({ id: 'worked on', key: 'a', data: '' });
    await nth(1);
    await queue.put({ id: 'done', key: 'b', data: '' });
    const second = await nth(2);
    await second.claim.done(['done']);
    second.end();
    await queue.stop();
    await queue.put({ id: 'waiting', key: 'c', data: '' });
    const inside = await connect(database);
    const past = (column: string, span: string) => `${column} = ${column} - interval '${span}'`;
    await inside.query(`UPDATE bobbin_queue.job SET ${past('created_on', '300 days')}, ${past('keep_until', '300 days')},
      ${past('started_on', '20 hours')}, ${past('completed_on', '27 hours')}`);
    await inside.query(
      'UPDATE bobbin_queue.queue SET maintain_on = to_timestamp(0), monitor_on = to_timestamp(0), monitor_claim_on = to_timestamp(0)',
    );
    // Maintains everything as it opens.
    const other = await open(database);
    const maintained = async () =>
      (
        await inside.query(
          `SELECT maintain_on > to_timestamp(0) AS yes FROM bobbin_queue.queue WHERE name = 'test'`,
        )
      ).rows;
    await expect.poll(maintained).toEqual([{ yes: true }]);
    await expect.poll(async () => [...(await other.queue('test').keysSince(0)).keys()]).toEqual(['c', 'a']);
    const two = worker();
    await other.queue<string>('test').start(two.work);
    expect((await two.nth(1)).ids).toEqual(['waiting']);
    await other.queue<string>('test').put({ id: 'done', key: 'd', data: '' });
    expect((await two.nth(2)).key).toBe('d');
    expect(two.given).toHaveLength(2);
  });
});
