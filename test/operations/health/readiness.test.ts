import { expect, onTestFinished, test } from 'vitest';
import { answers, type Checks, connectionsOf, works } from '../../../src/operations/health/readiness.ts';
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

const neverCalled = () => {
  throw new Error('It did not fail.');
};

test('a process that has started and whose parts work is ready', async () => {
  const checks = {
    store: works(async () => undefined),
    queue: answers(async () => 3, neverCalled),
    ...connectionsOf([platform('slack', true)]),
  };
  expect(await readyz(checks)).toEqual({
    status: 200,
    body: { ready: true, parts: { process: 'ok', store: 'ok', queue: 'ok', slack: 'ok' } },
  });
});

test('each part that does not work is named, and a stranger learns no host, path or version', async () => {
  const log: unknown[] = [];
  const checks = {
    store: works(async () => 'PostgreSQL at 10.0.0.5:5432/bobbin cannot be reached: check that it runs.'),
    queue: answers(
      () => Promise.reject(new Problem('/srv/bobbin.sqlite is full.')),
      (error) => log.push(error),
    ),
    odd: () => Promise.reject(new Error('password=secret, PostgreSQL 17.1')),
    ...connectionsOf([platform('slack', false), platform('discord', true), platform('console')]),
  };
  expect(await readyz(checks)).toEqual({
    status: 503,
    body: {
      ready: false,
      parts: {
        process: 'ok',
        store: 'It fails, and the log says why.',
        queue: 'It fails, and the log says why.',
        odd: 'It fails, and the log says why.',
        slack: 'Its connection is down, and is made again.',
        discord: 'ok',
        console: 'ok',
      },
    },
  });
  expect(log).toMatchObject([{ message: '/srv/bobbin.sqlite is full.' }]);
});

test('a process that starts or stops is not ready, whatever its parts say', async () => {
  expect(await readyz({ store: () => undefined }, false)).toEqual({
    status: 503,
    body: { ready: false, parts: { process: 'It is starting or stopping.', store: 'ok' } },
  });
});
