import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { start } from '../e2e/bobbin.ts';
import { startEmbeddings } from '../sim/embeddings.ts';
import { tempFolder } from '../store/temp-folder.ts';

/** Two requests of 64 texts, and some. */
const DOCUMENTS = 140;

test('a sync whose provider is busy, away, killed and slow goes on each time, and no passage is embedded twice', async () => {
  const sim = await startEmbeddings();
  onTestFinished(() => sim.close());
  const folder = await tempFolder();
  mkdirSync(join(folder, 'docs'));
  for (let at = 0; at < DOCUMENTS; at++) writeFileSync(join(folder, 'docs', `${at}.md`), `text${at}`);
  writeFileSync(join(folder, 'assistant.md'), '---\nname: Ada\nmodel: m\nknowledge: [docs]\n---\nHelp.');
  const env = {
    DATA_DIR: join(folder, 'data'),
    OPENAI_API_KEY: 'sim',
    OPENAI_BASE_URL: sim.url,
    EMBEDDING_MODEL: 'embed-1',
  };
  const knowledge = (...args: string[]) => start(['knowledge', ...args], env, folder);
  const embedded = () => sim.given.flat().filter((text) => /^\d+\.md\ntext/.test(text));

  // Away: everything is there by its words, and the reason is told.
  sim.refusals = Array(100).fill(401);
  const first = await knowledge('sync').end;
  expect(first.stdout).toContain(`${DOCUMENTS} added`);
  expect(first.stderr).toContain('Not now.');
  expect((await knowledge('search', 'text77').end).stdout).toContain('docs/77.md');
  expect(embedded()).toEqual([]);

  // Busy, and killed while it is slow in the middle.
  sim.refusals = [429, 503];
  const { promise, resolve } = Promise.withResolvers<void>();
  const isHeld = Promise.withResolvers<void>();
  sim.slow = (answered) => {
    if (answered < 2) return undefined;
    isHeld.resolve();
    return promise;
  };
  const killed = knowledge('sync');
  await isHeld.promise;
  killed.child.kill('SIGKILL');
  await killed.end;
  expect(embedded()).toHaveLength(64);
  delete sim.slow;

  expect((await knowledge('sync').end).stdout).toContain('Everything is up to date.');
  expect(embedded().toSorted()).toEqual([...new Set(embedded())].toSorted());
  expect(embedded()).toHaveLength(DOCUMENTS);
  resolve();

  // Nothing is left to do, and nothing is done again.
  await knowledge('sync').end;
  expect(embedded()).toHaveLength(DOCUMENTS);
  expect((await knowledge('search', 'text77').end).stdout).toMatch(/^1\. .*docs\/77\.md.*vectors/s);

  // Another dimension: all anew, once.
  sim.dimension = 6;
  await knowledge('sync').end;
  expect(embedded()).toHaveLength(2 * DOCUMENTS);
}, 120_000);
