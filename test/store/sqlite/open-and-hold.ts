import { openStore } from '../../../src/store/open-store.ts';

/*
 * A process that opens a store, for tests: `node open-and-hold.ts <folder> [user id]`. It says `open` and stays,
 * or prints the error's name and message and ends.
 */
const [dataDir = '', user] = process.argv.slice(2);
// Root may write everywhere, so a test of permissions needs somebody else.
if (user !== undefined && process.getuid?.() === 0) process.setuid?.(Number(user));
try {
  const store = await openStore({ dataDir });
  await store.keyv<string>('test').set('key', 'kept');
  process.stdout.write('open\n');
  process.stdin.resume();
} catch (error) {
  process.stdout.write(error instanceof Error ? `${error.name}: ${error.message}\n` : `${error}\n`);
}
