import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, test } from 'vitest';
import { MAX_CHUNKS } from '../../../src/store/search-index.ts';
import { FullText } from '../../../src/store/sqlite/search/full-text.ts';
import { tempFolder } from '../temp-folder.ts';

/** More than the hits by which it is chosen what is ranked. */
const MANY = 6_000;

const many = new FullText(new DatabaseSync(':memory:'));

function put(text: FullText, id: number, said: string, heading = ''): void {
  text.put({ id, heading, above: '', text: said, parts: '' });
}

function bestOf(found: ReadonlyMap<number, number>): number | undefined {
  return [...found].sort(([, one], [, other]) => other - one)[0]?.[0];
}

const termsOf = (question: string) => question.split(' ').map((word) => [word]);

beforeAll(() => {
  for (let id = 0; id < MANY; id++) put(many, id, `server settings number${id} of the office`);
  put(many, MANY, 'server settings of the zebra, and much else that is said of it at length');
  put(many, MANY + 1, 'server server server');
  put(many, MANY + 2, 'the office of settings', 'Server settings');
  put(many, MANY + 3, 'much of the settings that our own server office has');
  put(many, MAX_CHUNKS, 'settings for those few');
});

test('among words that stand everywhere the rare one decides', () => {
  expect(bestOf(many.search(termsOf('office server settings zebra'), [], 10, [0]))).toBe(MANY);
});

test('words that all stand everywhere find as many as are wanted, those that say it most first', () => {
  const found = many.search(termsOf('server'), [], 10, [0]);
  expect(found.size).toBe(10);
  expect([MANY + 1, MANY + 2]).toContain(bestOf(found));
  expect(many.search(termsOf('office server settings'), [], 10, [0]).size).toBe(10);
});

test('a heading and words side by side are found where each word stands everywhere', () => {
  expect(bestOf(many.search(termsOf('server settings'), [], 10, [0]))).toBe(MANY + 2);
  const foundBy = (phrases: string[]) => many.search(termsOf('server office'), phrases, 10, [0]);
  expect(foundBy([]).has(MANY + 3)).toBe(false);
  expect(foundBy(['server office']).has(MANY + 3)).toBe(true);
});

test('in few files what is frequent elsewhere is found, also beside a rare word that they have not', () => {
  expect([...many.search(termsOf('settings zebra'), [], 10, [1]).keys()]).toEqual([MAX_CHUNKS]);
});

test('no more come back than are wanted, beside those that were named', () => {
  const found = many.search(termsOf('server settings'), [], 10, [0], [77]);
  expect(found.size).toBe(11);
  expect(found.get(77)).toBeGreaterThan(0);
});

test('what is common is counted anew when another connection has written', async () => {
  const file = join(await tempFolder(), 'words.sqlite');
  const [writer, reader] = [new DatabaseSync(file), new DatabaseSync(file)];
  try {
    writer.exec('PRAGMA journal_mode = WAL');
    const [writing, reading] = [new FullText(writer), new FullText(reader)];
    writer.exec('BEGIN');
    for (let id = 0; id < 1_000; id++) put(writing, id, id < 600 ? 'common' : 'other');
    put(writing, 1_000, 'common rare');
    writer.exec('COMMIT');
    const scoreOf = (text: FullText) => text.search(termsOf('common rare'), [], 5, [0]).get(1_000);
    const before = scoreOf(reading);
    writer.exec('BEGIN');
    writing.removeBetween(0, 599);
    writer.exec('COMMIT');
    expect(scoreOf(reading)).toBe(scoreOf(new FullText(reader)));
    expect(scoreOf(reading)).not.toBe(before);
  } finally {
    for (const one of [reader, writer]) one.close();
  }
});
