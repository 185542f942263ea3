import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface PostgresWire {
  /** `url` by way of the wire. */
  through(url: string): string;
  /**
   * Counts the queries that have this in their text or their values, since a store also asks by itself, now and then.
   * @returns how many there were since the last call.
   */
  counting(about: string): () => number;
  /** How many queries have gone through since the last call, without those that only look who is alive. */
  taken(): number;
  /** After so many more queries have gone through, all connections end, whatever has become of the last one. */
  cutAfter(queries: number): Promise<void>;
  /** Nothing that clients say gets through any more, though their connections stand. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** A wire to a PostgreSQL on 127.0.0.1 that counts the queries which go through it. */
export async function startPostgresWire(port: number): Promise<PostgresWire> {
  const open = new Set<Socket>();
  const clients = new Set<Socket>();
  const counters: ((query: string) => void)[] = [];
  let queries = 0;
  let frozen = false;
  let left = Number.POSITIVE_INFINITY;
  let whenCut = () => {};
  const cut = () => {
    for (const socket of open) socket.destroy();
    server.close();
    whenCut();
  };
  const server = createServer((client) => {
    const target = connect({ host: '127.0.0.1', port });
    const isQuery = queryCounter((query) => {
      for (const count of counters) count(query);
    });
    client.on('data', (bytes: Buffer) => {
      const more = isQuery(bytes);
      queries += more;
      if (left > 0 && left <= more) setImmediate(cut);
      left -= more;
    });
    for (const socket of [client, target]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => open.delete(socket));
    }
    clients.add(client);
    client.once('close', () => clients.delete(client));
    client.pipe(target).pipe(client);
    if (frozen) client.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = (server.address() as AddressInfo).port;
  return {
    through: (url) => url.replace(`:${port}/`, `:${own}/`),
    counting(about) {
      let counted = 0;
      counters.push((query) => {
        if (query.includes(about)) counted++;
      });
      return () => {
        const since = counted;
        counted = 0;
        return since;
      };
    },
    taken() {
      const taken = queries;
      queries = 0;
      return taken;
    },
    cutAfter(more) {
      left = more;
      return new Promise((resolve) => {
        whenCut = resolve;
      });
    },
    freeze() {
      frozen = true;
      for (const client of clients) client.pause();
    },
    thaw() {
      frozen = false;
      for (const client of clients) client.resume();
    },
    async close() {
      for (const socket of open) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Counts what a client executes, in bytes as they come: `Q` is a simple query, `E` the execution of a prepared one, whose
 * values came with the `B` before; `note` is told each one's text, or its values.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
function queryCounter(note: (query: string) => void): (bytes: Buffer) => number {
  let rest = Buffer.alloc(0);
  let started = false;
  let values = '';
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    let count = 0;
    for (;;) {
      const type = started ? 1 : 0;
      if (rest.length < type + 4) return count;
      const length = type + rest.readInt32BE(type);
      if (rest.length < length) return count;
      const kind = started ? String.fromCharCode(rest[0] ?? 0) : '';
      const text = () => rest.toString('latin1', type + 4, length);
      if (kind === 'B') values = text();
      const query = kind === 'Q' ? text() : kind === 'E' ? values : undefined;
      if (query !== undefined && !(kind === 'Q' && query.includes('pg_locks'))) {
        note(query);
        count++;
      }
      started = true;
      rest = rest.subarray(length);
    }
  };
}
