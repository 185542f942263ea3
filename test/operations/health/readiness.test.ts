import { expect, onTestFinished, test } from 'vitest';
import { answers, type Checks, connectionsOf } from '../../../src/operations/health/readiness.ts';
import { openHttp } from '../../../src/operations/http.ts';
import type { Platform } from '../../../src/platform.ts';
import { Problem } from '../../../src/problem.ts';

async function readyz(checks: Checks, ready = true) {
  const server = await openHttp({ port: 0, hostname: '127.0.0.1', ready: () => ready, checks });
  onTestFinished(() => server.close());
  const response = await fetch(`http://127.0.0.1:${server.port}/readyz`);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  return { status: response.status, body: await response.json() };
}

/** As far as readiness looks at it. */
const platform = (name: string, isConnected?: boolean) => ({ name, isConnected }) as Platform;

test('a process that has started and whose parts work is ready', async () => {
  const checks = {
    store: () => undefined,
    queue: answers(async () => 3),
    ...connectionsOf([platform('slack', true)]),
  };
  expect(await readyz(checks)).toEqual({
    status: 200,
    body: { ready: true, parts: { process: 'ok', store: 'ok', queue: 'ok', slack: 'ok' } },
  });
});

test('each part that does not work is named with its reason, and nothing that nobody foresaw is told', async () => {
  const checks = {
    store: async () => 'PostgreSQL cannot be reached.',
    queue: answers(() => Promise.reject(new Problem('It is full.'))),
    odd: answers(() => Promise.reject(new Error('password=secret'))),
    ...connectionsOf([platform('slack', false), platform('discord', true), platform('console')]),
  };
  expect(await readyz(checks)).toEqual({
    status: 503,
    body: {
      ready: false,
      parts: {
        process: 'ok',
        store: 'PostgreSQL cannot be reached.',
        queue: 'It is full.',
        odd: 'It fails, and nobody foresaw how.',
        slack: 'Its connection is down, and is made again.',
        discord: 'ok',
        console: 'ok',
      },
    },
  });
});

test('a process that starts or stops is not ready, whatever its parts say', async () => {
  expect(await readyz({ store: () => undefined }, false)).toEqual({
    status: 503,
    body: { ready: false, parts: { process: 'It is starting or stopping.', store: 'ok' } },
  });
});
