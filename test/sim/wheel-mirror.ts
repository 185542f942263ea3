import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { lockOf, type Wheel, type WheelSpec, wheel } from './wheels.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse, bytes: Uint8Array) => void;

/** A mirror of packages on 127.0.0.1, as jsDelivr is one: whole files and the ranges of them. */
export interface WheelMirror {
  url: string;
  wheels: readonly Wheel[];
  /** The names of the files that were asked for, with the range where one was. */
  requests: string[];
  /** How the next requests for a file are answered, as many as there are answers; then as usual again. */
  answers(name: string, ...how: Answer[]): void;
  /** Writes the list of the packages into a folder and gives its path. */
  lockIn(folder: string): string;
  close(): Promise<void>;
}

export async function startWheelMirror(specs: readonly WheelSpec[]): Promise<WheelMirror> {
  const wheels = specs.map(wheel);
  const requests: string[] = [];
  const planned = new Map<string, Answer[]>();
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url?.split('/').at(-1) ?? '');
    const { range } = request.headers;
    requests.push(range === undefined ? name : `${name} ${range}`);
    const found = wheels.find(({ fileName }) => fileName === name);
    if (!found) return void response.writeHead(404).end('not found');
    const answer = planned.get(found.name)?.shift() ?? whole;
    answer(request, response, found.bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/pyodide/full`,
    wheels,
    requests,
    answers: (name, ...how) => void planned.set(name, how),
    lockIn(folder) {
      const path = join(folder, 'packages-lock.json');
      writeFileSync(path, lockOf(wheels));
      return path;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What is asked for, or the part of it from where it is asked for. */
export const whole: Answer = (request, response, bytes) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const part = bytes.subarray(from);
  const range = from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': part.length, ...range }).end(part);
};

/** The connection breaks after half of what is left. */
export const half: Answer = (request, response, bytes) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const part = bytes.subarray(from);
  const range = from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': part.length, ...range });
  response.write(part.subarray(0, Math.ceil(part.length / 2)), () => response.destroy());
};

export const refuses: Answer = (request) => void request.socket.destroy();

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    void response.writeHead(code, headers).end('no');

/** Something else of the same length. */
export const another: Answer = (_request, response, bytes) => void response.end(new Uint8Array(bytes.length));
