import type { Keyv } from 'keyv';
import type { Assistant as SdkAssistant } from 'openai/resources/beta/assistants';
import type { Message } from 'openai/resources/beta/threads/messages';
import type { Run as SdkRun } from 'openai/resources/beta/threads/runs/runs';
import type { Thread } from 'openai/resources/beta/threads/threads';
import type { FileObject } from 'openai/resources/files';
import type { ReasoningEffort } from 'openai/resources/shared';
import { Blobs } from './blobs.ts';
import type { ByteQuota } from './byte-quota.ts';
import { Collection } from './collection.ts';
import type { KeptBatch } from './file-search/vector-stores/batches.ts';
import type { KeptFile, KeptStore } from './file-search/vector-stores/kept.ts';
import type { KeptTally } from './file-search/vector-stores/store-files.ts';
import type { VectorStores } from './file-search/vector-stores/vector-stores.ts';
import type { Omission } from './runs/context/omissions.ts';
import type { OwnFields } from './runs/context/own-fields.ts';
import type { KeptStep } from './runs/kept-step.ts';
import type { Resumable } from './runs/resumable.ts';
import type { Found } from './runs/search/found.ts';

/** The parent of the documents that belong to nobody: assistants, files and vector stores. */
export const ROOT = 'root';

/** The API answers with `reasoning_effort`, which the SDK's type leaves out. */
export interface Assistant extends SdkAssistant {
  reasoning_effort: ReasoningEffort;
}

/** Kept with the run, so that whoever carries it on asks the model for the same. */
export interface Run extends SdkRun {
  reasoning_effort?: ReasoningEffort;
}

/** The threads and assistants that were given a file, the newest last. */
export interface FileOwners {
  /** The file's. */
  id: string;
  owners: string[];
}

/** The containers in which a provider runs code: what people sent is in them, too. */
export interface RemoteContainers {
  /** Deletes the thread's, if it has one. Never throws what the provider says. */
  remove(threadId: string): Promise<void>;
}

/** Everything that the embedded Assistants API remembers. */
export interface State {
  /** Listed under `ROOT`. */
  assistants: Collection<Assistant>;
  /** Not listed: the API has no call for it. */
  threads: Collection<Thread>;
  /** Listed under the thread's id. */
  messages: Collection<Message>;
  /** Listed under the thread's id: the newest one is the only one that can be active. */
  runs: Collection<Run>;
  /** Listed under the run's id. */
  steps: Collection<KeptStep>;
  /** Listed under `ROOT`. Added with `addFile` and removed with `removeFile`, together with its content. */
  files: Collection<FileObject>;
  /** A file's bytes by its id. */
  contents: Blobs;
  /** What models are no longer given of a thread, because a provider refused it, by the thread's id. */
  omissions: Keyv<Omission[]>;
  /** What a provider wants back of a run's answers, by the run's id. */
  ownFields: Keyv<OwnFields[]>;
  /** The newest answer of a run that outlives its process, by the run's id. */
  resumable: Keyv<Resumable>;
  /** What a run's searches found, listed under the run's id. */
  found: Collection<Found>;
  /** The ids of the files that a run's code wrote, by the run's id. */
  produced: Keyv<string[]>;
  /** Who was given a file, by the file's id; not listed. */
  owners: Collection<FileOwners>;
  /** Listed under `ROOT`. */
  vectorStores: Collection<KeptStore>;
  /** Listed under the vector store's id; changed by `StoreFiles` alone. */
  storeFiles: Collection<KeptFile>;
  /** By the vector store's id. */
  storeTallies: Keyv<KeptTally>;
  /** The vector stores that have a file, or are about to, by the file's id. */
  storesOfFiles: Keyv<string[]>;
  /** Listed under the vector store's id. */
  fileBatches: Collection<KeptBatch>;
  /** The vector store that a thread's attachments are in, by the thread's id. */
  threadStores: Keyv<string>;
  /** The vector stores' own workings; left out where nothing is searched. */
  search?: VectorStores;
  /** How many bytes of files may come; without limits when left out. */
  quotas?: { produced: ByteQuota };
  /** Where a provider runs the threads' code; left out where none does. */
  containers?: RemoteContainers;
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
    contents: new Blobs(keyv('contents')),
    omissions: keyv('omissions'),
    ownFields: keyv('own-fields'),
    resumable: keyv('resumable-answers'),
    found: collection('found-passages'),
    produced: keyv('produced-files'),
    owners: collection('file-owners'),
    vectorStores: collection('vector-stores'),
    storeFiles: collection('vector-store-files'),
    storeTallies: keyv('vector-store-tallies'),
    storesOfFiles: keyv('vector-stores-of-files'),
    fileBatches: collection('vector-store-batches'),
    threadStores: keyv('vector-stores-of-threads'),
  };
}
