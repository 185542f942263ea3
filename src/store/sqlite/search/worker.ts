import { parentPort, workerData } from 'node:worker_threads';
import { SideFile } from './side-file.ts';

/** One call to the side file, in the order in which they come. */
export interface Call {
  id: number;
  method: Method;
  args: unknown[];
}

export type Method = Exclude<keyof SideFile, symbol>;

export interface Answer {
  id: number;
  result?: unknown;
  /** With SQLite's `errcode`, where it has one. */
  error?: { message: string; errcode?: number };
}

let side: SideFile | undefined;

parentPort?.on('message', ({ id, method, args }: Call) => {
  const answer: Answer = { id };
  try {
    side ??= new SideFile(workerData as string);
    answer.result = (side[method] as (...args: unknown[]) => unknown).apply(side, args);
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    answer.error = { message, ...(errcode !== undefined && { errcode }) };
  }
  parentPort?.postMessage(answer);
  if (method === 'close') parentPort?.close();
});
