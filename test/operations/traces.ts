import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

/** The files under `folder` that hold one of the texts, as bytes: whatever they are for. */
export async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('.snapshot')) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    found.push(...texts.filter((text) => bytes.includes(text)).map((text) => `${entry.name}: ${text}`));
  }
  return found;
}

/** The rows of a PostgreSQL database that hold one of the texts, in whatever table. */
export async function rowsWith(databaseUrl: string, texts: readonly string[]): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const tables = await client.query(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const found: string[] = [];
    for (const { name } of tables.rows)
      for (const text of texts) {
        const sql = `SELECT count(*)::int AS count FROM ${name} AS each WHERE strpos(each::text, $1) > 0`;
        const { rows } = await client.query(sql, [text]);
        if (rows[0].count > 0) found.push(`${name}: ${text}`);
      }
    return found;
  } finally {
    await client.end();
  }
}
