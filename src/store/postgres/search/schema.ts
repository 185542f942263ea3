/** The tables of what is searched. */
export const SEARCHED = ['bobbin_search_files', 'bobbin_search_chunks', 'bobbin_search_vectors'] as const;

/**
 * What is long is kept aside (https://www.postgresql.org/docs/current/storage-toast.html), so that looking through all rows
 * reads little. Texts are JSON, which has every character that PostgreSQL's text has not. No statistics are made of what
 * people wrote: they would outlive it. Words go into their index at once, since a search would read through those that wait.
 */
export const SEARCH_TABLES = `IF to_regclass('bobbin_search_vectors') IS NULL THEN
  CREATE TABLE bobbin_search_files (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, store TEXT NOT NULL, file TEXT NOT NULL,
    title TEXT NOT NULL, attributes TEXT NOT NULL,
    chunks INTEGER NOT NULL DEFAULT 0, words BIGINT NOT NULL DEFAULT 0, UNIQUE (store, file)
  );
  CREATE TABLE bobbin_search_chunks (
    id BIGINT PRIMARY KEY, file BIGINT NOT NULL REFERENCES bobbin_search_files (id) ON DELETE CASCADE,
    hash BYTEA NOT NULL, length INTEGER NOT NULL, words TSVECTOR NOT NULL, content TEXT NOT NULL
  ) WITH (toast_tuple_target = 128);
  CREATE INDEX bobbin_search_chunks_file ON bobbin_search_chunks (file);
  CREATE INDEX bobbin_search_chunks_hash ON bobbin_search_chunks (hash);
  CREATE INDEX bobbin_search_chunks_words ON bobbin_search_chunks USING gin (words)
    WITH (fastupdate = off);
  CREATE TABLE bobbin_search_vectors (
    chunk BIGINT NOT NULL REFERENCES bobbin_search_chunks (id) ON DELETE CASCADE, generation TEXT NOT NULL,
    bits BIT VARYING NOT NULL, exact BYTEA NOT NULL, PRIMARY KEY (chunk, generation)
  ) WITH (toast_tuple_target = 128);
  ALTER TABLE bobbin_search_files ALTER title SET STATISTICS 0, ALTER attributes SET STATISTICS 0;
  ALTER TABLE bobbin_search_chunks ALTER words SET STATISTICS 0, ALTER content SET STATISTICS 0;
  ALTER TABLE bobbin_search_vectors ALTER bits SET STORAGE PLAIN, ALTER exact SET STORAGE EXTERNAL,
    ALTER bits SET STATISTICS 0, ALTER exact SET STATISTICS 0;
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = 'bobbin_search_chunks'::regclass AND attname = 'heading'
  ) THEN
    -- Of those that are there it is found out later, and of those that an earlier Bobbin beside this one puts.
    ALTER TABLE bobbin_search_chunks ADD heading INTEGER;
  END IF;
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector' AND installed_version IS NULL) THEN
    -- Whoever may not does without.
    BEGIN
      CREATE EXTENSION vector;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END IF;`;
