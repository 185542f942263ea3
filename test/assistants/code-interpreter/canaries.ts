import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What stands outside of the sandbox and must stay as it is. */
export interface Canaries {
  /** Nobody inside may ever say this: it stands in the environment and in the file. */
  secret: string;
  folder: string;
  file: string;
  /** TCP (and so HTTP and WebSocket) and UDP listen on this port of 127.0.0.1. */
  port: number;
  /** What arrived there. */
  heard: string[];
  /** A process that any other of the same user could end. */
  pid: number;
  /** True when the files are as they were and the process lives. */
  unharmed: () => Promise<boolean>;
  close: () => Promise<void>;
}

const ENVIRONMENT = 'BOBBIN_TEST_CANARY';

export async function releaseCanaries(): Promise<Canaries> {
  const secret = `canary-${crypto.randomUUID()}`;
  process.env[ENVIRONMENT] = secret;
  const folder = await mkdtemp(join(tmpdir(), 'bobbin-canary-'));
  const file = join(folder, 'secret.txt');
  await writeFile(file, secret);
  const heard: string[] = [];
  const { port, close: closeListeners } = await listen(heard);
  const bird = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  return {
    secret,
    folder,
    file,
    port,
    heard,
    pid: bird.pid ?? 0,
    unharmed: async () =>
      (await readdir(folder)).join() === 'secret.txt' &&
      (await readFile(file, 'utf8')) === secret &&
      lives(bird),
    close: async () => {
      delete process.env[ENVIRONMENT];
      bird.kill('SIGKILL');
      await closeListeners();
      await rm(folder, { recursive: true });
    },
  };
}

function lives(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function listen(heard: string[]): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    heard.push('tcp');
    sockets.add(socket);
    socket.on('error', () => {});
    socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\ncaught');
  });
  const udp = createSocket('udp4', () => heard.push('udp'));
  const port = await bindBoth(tcp, udp);
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => tcp.close(resolve));
      await new Promise<void>((resolve) => udp.close(resolve));
    },
  };
}

/** A port that is free for TCP may be taken for UDP. */
async function bindBoth(tcp: Server, udp: Datagrams): Promise<number> {
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as AddressInfo;
  const isBound = await new Promise<boolean>((resolve) => {
    udp.once('error', () => resolve(false));
    udp.bind(port, '127.0.0.1', () => resolve(true));
  });
  if (isBound) return port;
  await new Promise((resolve) => tcp.close(resolve));
  return bindBoth(tcp, udp);
}
