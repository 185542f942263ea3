import type { Keyv } from 'keyv';
import type { Assistant } from 'openai/resources/beta/assistants';
import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import type { Thread } from 'openai/resources/beta/threads/threads';
import type { FileObject } from 'openai/resources/files';
import { Collection } from './collection.ts';

/** The parent of the documents that belong to nobody: assistants, threads and files. */
export const ROOT = 'root';

/** Everything that the embedded Assistants API remembers. */
export interface State {
  /** Listed under `ROOT`. */
  assistants: Collection<Assistant>;
  /** Not listed: the API has no call for it. Only `get`, `put` and `remove` are used. */
  threads: Collection<Thread>;
  /** Listed under the thread's id. */
  messages: Collection<Message>;
  /** Listed under the thread's id: the newest one is the only one that can be active. */
  runs: Collection<Run>;
  /** Listed under the run's id. */
  steps: Collection<RunStep>;
  /** Listed under `ROOT`. */
  files: Collection<FileObject>;
  /** A file's bytes by its id. */
  contents: Keyv<Uint8Array>;
}

/** Opens the state over a store that gives one Keyv for each namespace. */
export function openState(keyv: <T>(namespace: string) => Keyv<T>): State {
  const collection = <T extends { id: string }>(kind: string) =>
    new Collection<T>(keyv<T>(kind), keyv<number | string>(`${kind}-places`));
  return {
    assistants: collection('assistants'),
    threads: collection('threads'),
    messages: collection('messages'),
    runs: collection('runs'),
    steps: collection('steps'),
    files: collection('files'),
    contents: keyv('contents'),
  };
}
