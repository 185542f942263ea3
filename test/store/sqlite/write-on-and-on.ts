import { writeSync } from 'node:fs';
import { openStore } from '../../../src/store/open-store.ts';

/*
 * A process that sets keys to themselves in a store until it is killed: `node write-on-and-on.ts <folder>`. It prints
 * each key once the store has called it kept; several writes are always under way.
 */
const STDOUT = 1;
const WRITERS = 5;

const [dataDir = ''] = process.argv.slice(2);
const store = await openStore({ dataDir });
const keyv = store.keyv<string>('test');
const write = async (writer: number) => {
  for (let count = 0; ; count++) {
    const key = `${writer}-${count}`;
    if (count % 3 === 0) await keyv.set(key, key);
    else await keyv.setMany([{ key, value: key }]);
    writeSync(STDOUT, `${key}\n`);
  }
};
await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
