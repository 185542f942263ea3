import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** More memory than the largest corpus takes that is learnt from, in MB: beyond, the thread ends and not the process. */
const MEMORY_MB = 512;

/**
 * Learns from texts in a thread of its own, which takes seconds to a minute; gives the basis as bytes, or undefined where
 * there is too little to learn from.
 */
export async function learnAside(
  texts: AsyncIterable<string[]>,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop);
  const exited = once(worker, 'exit').then(() => {
    throw new Error('The thread that learns has ended.');
  });
  exited.catch(() => {});
  const answer = async () => (await Promise.race([once(worker, 'message'), exited]))[0] as unknown;
  try {
    for await (const some of texts) {
      const taken = answer();
      worker.postMessage(some);
      await taken;
    }
    const learnt = answer();
    worker.postMessage(undefined);
    return (await learnt) as Uint8Array<ArrayBuffer> | undefined;
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
