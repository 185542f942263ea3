/** In the store's own database: all that the side file is made from. A chunk's id is made of its file's and its place there. */
export const SEARCH_TABLES = `
  CREATE TABLE IF NOT EXISTS search_files (
    id INTEGER PRIMARY KEY AUTOINCREMENT, stamp INTEGER NOT NULL, store TEXT NOT NULL, file TEXT NOT NULL,
    title TEXT NOT NULL, attributes TEXT NOT NULL, UNIQUE (store, file)
  );
  CREATE TABLE IF NOT EXISTS search_chunks (
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL, headings TEXT NOT NULL, place TEXT NOT NULL, parts TEXT NOT NULL,
    text TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS search_chunks_hash ON search_chunks (hash);
  CREATE TABLE IF NOT EXISTS search_vectors (
    hash BLOB NOT NULL, generation TEXT NOT NULL, bits BLOB NOT NULL, exact BLOB NOT NULL,
    PRIMARY KEY (hash, generation)
  ) WITHOUT ROWID;`;
