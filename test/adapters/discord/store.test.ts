import type { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { sqliteStore } from '../../../src/store/sqlite/store.ts';
import { says } from '../../sim/scripted-model.ts';
import { tempFolder } from '../../store/temp-folder.ts';
import { openScene } from './open-scene.ts';

const TOLD = /could not be kept or answered, because my database does not work at the moment\. Ask again/;

test('while the disk is full each question is told so once, and when there is room again all goes on by itself', async () => {
  const database = openDatabase(await tempFolder());
  const scene = await openScene([says('Fine.')], { store: sqliteStore(database) });
  const { sim, bot, log } = scene;
  const first = sim.user('ann').says('general', `${sim.mention} hello`);
  await scene.finished(first.id);

  fill(database);
  const follow = () => sim.user('ann').says(first.id, 'and now?');
  for (let question = 0; question < 3; question++) {
    const before = scene.replies(first.id).length;
    follow();
    await sim.until(() => scene.replies(first.id).length > before);
    await sim.until(() => TOLD.test(scene.replies(first.id).at(-1)?.content ?? ''));
  }
  const mention = sim.user('ben').says('general', `${sim.mention} hello`);
  await scene.shows(mention.id, 'Ask again');
  expect(await bot.storeProblem()).toMatch(
    /^The disk is full and .*bobbin\.sqlite cannot grow: free some space/,
  );
  expect(scene.text(first.id).match(new RegExp(TOLD, 'g'))).toHaveLength(3);
  expect(JSON.stringify(log)).toContain('The disk is full and');

  database.exec('PRAGMA max_page_count = 1000000');
  expect(await bot.storeProblem()).toBeUndefined();
  expect(log.map(({ msg }) => msg)).toContain('the store works again');
  const answers = () => scene.replies(first.id).filter(({ content }) => content === 'Fine.').length;
  follow();
  await sim.until(() => answers() === 2);
  sim.user('ben').says(mention.id, 'and mine?');
  await scene.shows(mention.id, 'Fine.');
});

/** Leaves no room for anything: https://www.sqlite.org/pragma.html#pragma_max_page_count */
function fill(database: DatabaseSync): void {
  database.exec('PRAGMA max_page_count = 1');
  const write = database.prepare('INSERT INTO entries (key, value) VALUES (?, ?)');
  const isFull = (number: number) => {
    try {
      write.run(`fill:${number}`, '');
      return false;
    } catch {
      return true;
    }
  };
  for (let number = 0; !isFull(number); number++);
}
