import { openStore } from '../../src/store/open-store.ts';
import { searchOver } from './search-scene.ts';

/** What a process takes that has searched a store: bytes, printed. In one of its own, which has done nothing else. */

const QUERIES = [
  'how to configure a server',
  'typescript declaration of a buffer',
  'read a file line by line',
];

const store = await openStore(JSON.parse(process.argv[2] ?? ''));
const { engine } = searchOver(store);
for (const query of QUERIES) await engine.search({ stores: ['bench'], queries: [query], limit: 10 });
process.stdout.write(String(process.memoryUsage.rss()));
await store.close();
