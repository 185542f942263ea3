import { afterEach, expect, test } from 'vitest';
import { metrics } from '../../../src/operations/metrics/metrics.ts';
import { registry } from '../../../src/operations/metrics/registry.ts';

afterEach(() => {
  metrics.watch({});
  registry.resetMetrics();
});

/** The lines of one metric, without those of its buckets. */
async function shown(name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter((line) => line.startsWith(name) && !line.startsWith(`${name}_bucket`));
}

test('a turn is counted from its beginning to its end, and so is what became of it in between', async () => {
  metrics.turnStarted('slack', 0.25);
  metrics.turnContinued('slack');
  metrics.textShown('slack', 1.5);
  metrics.turnEnded('slack', 'completed', 4);
  metrics.turnHandedOver('discord');
  expect(await shown('bobbin_turns_started_total')).toEqual([
    'bobbin_turns_started_total{platform="slack"} 1',
  ]);
  expect(await shown('bobbin_queue_wait_seconds')).toContain(
    'bobbin_queue_wait_seconds_sum{platform="slack"} 0.25',
  );
  expect(await shown('bobbin_turns_continued_total')).toEqual([
    'bobbin_turns_continued_total{platform="slack"} 1',
  ]);
  expect(await shown('bobbin_first_text_seconds')).toContain(
    'bobbin_first_text_seconds_sum{platform="slack"} 1.5',
  );
  expect(await shown('bobbin_turn_seconds')).toContain(
    'bobbin_turn_seconds_sum{platform="slack",status="completed"} 4',
  );
  expect(await shown('bobbin_turns_handed_over_total')).toEqual([
    'bobbin_turns_handed_over_total{platform="discord"} 1',
  ]);
});

test('what is to be looked up is looked up when somebody asks', async () => {
  let depth = 3;
  metrics.watch({
    queueDepth: async () => depth,
    replicas: () => 2,
    readiness: async () => ({ ready: false, parts: { store: 'ok', slack: 'down' } }),
  });
  expect(await shown('bobbin_queue_depth')).toEqual(['bobbin_queue_depth 3']);
  depth = 0;
  expect(await shown('bobbin_queue_depth')).toEqual(['bobbin_queue_depth 0']);
  expect(await shown('bobbin_replicas')).toEqual(['bobbin_replicas 2']);
  expect(await shown('bobbin_ready')).toEqual([
    'bobbin_ready{part="store"} 1',
    'bobbin_ready{part="slack"} 0',
  ]);
});

test('a queue that does not say how deep it is keeps nobody from the other metrics', async () => {
  metrics.watch({ queueDepth: () => Promise.reject(new Error('gone')) });
  expect(await shown('bobbin_queue_depth')).toEqual([expect.stringMatching(/^bobbin_queue_depth nan$/i)]);
});

test('names follow the conventions: base units, _total for what is counted', async () => {
  const own = (await registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('bobbin_'));
  expect(own.length).toBeGreaterThan(10);
  for (const { name, type } of own) {
    if (String(type) === 'counter') expect(name).toMatch(/_total$/);
    if (String(type) === 'histogram') expect(name).toMatch(/_seconds$/);
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|count|sum|bucket)$/);
  }
});
