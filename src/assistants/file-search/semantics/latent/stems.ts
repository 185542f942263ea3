import { DatabaseSync } from 'node:sqlite';
import { isStopWord } from '../../search/stop-words.ts';

/** In a text, and how often each. */
export type Stems = ReadonlyMap<string, number>;

/** A word that is longer is an encoding. */
const LONGEST = 40;

/** Takes texts apart into stems as SQLite's full text does it, in a table that is in no file: https://www.sqlite.org/fts5.html */
export class Stemmer {
  readonly #database = new DatabaseSync(':memory:');

  constructor() {
    this.#database.exec(`
      CREATE VIRTUAL TABLE texts USING fts5(text, content = '', tokenize = 'porter unicode61 remove_diacritics 2');
      CREATE VIRTUAL TABLE stems USING fts5vocab(texts, 'instance')`);
  }

  /** The stems of each text, without words of mere grammar. */
  stems(texts: readonly string[]): Stems[] {
    const insert = this.#database.prepare('INSERT INTO texts (rowid, text) VALUES (?, ?)');
    this.#database.exec('BEGIN');
    texts.forEach((text, at) => void insert.run(at, withoutStopWords(text)));
    this.#database.exec('COMMIT');
    const all = texts.map(() => new Map<string, number>());
    for (const { term, doc } of this.#database.prepare('SELECT term, doc FROM stems').iterate()) {
      const stem = String(term);
      const one = all[Number(doc)] as Map<string, number>;
      one.set(stem, (one.get(stem) ?? 0) + 1);
    }
    this.#database.exec(`INSERT INTO texts (texts) VALUES ('delete-all')`);
    return all;
  }

  close(): void {
    this.#database.close();
  }
}

function withoutStopWords(text: string): string {
  const words = text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return words.filter((word) => word.length <= LONGEST && !isStopWord(word, undefined)).join(' ');
}
