import { openStore } from '../../src/store/open-store.ts';

/*
 * A process that puts entries of one key and works on them until it is killed, for tests:
 * `node put-and-hold.ts <store options as JSON> <queue> <id>…`. It prints what it was given, and never comes to an end.
 */
const [options = '{}', name = '', ...ids] = process.argv.slice(2);
const store = await openStore(JSON.parse(options));
const queue = store.queue<string>(name);
for (const id of ids) await queue.put({ id, key: 'held', data: id });
await queue.start(async (claim) => {
  const entries = await claim.entries();
  process.stdout.write(`${entries.map(({ id }) => id).join(' ')}\n`);
  await new Promise(() => {});
});
process.stdin.resume();
