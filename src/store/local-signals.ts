import { EventEmitter } from 'node:events';
import { type Replicas, type Signals, writeSignal } from './signals.ts';

/** Signals within one process. */
export class LocalSignals implements Signals {
  // Topics are others' words, and "error" is a word of EventEmitter's own.
  readonly #emitter = new EventEmitter();

  constructor() {
    this.#emitter.setMaxListeners(0);
  }

  async send(topic: string, text: string): Promise<void> {
    writeSignal(topic, text);
    this.emit(topic, text);
  }

  on(topic: string, listener: (text: string) => void): () => void {
    this.#emitter.on(`:${topic}`, listener);
    return () => this.#emitter.off(`:${topic}`, listener);
  }

  /** Tells those who listen in this process. */
  emit(topic: string, text: string): void {
    this.#emitter.emit(`:${topic}`, text);
  }
}

/** A process that has its store for itself. */
export const ALONE: Replicas = { count: 1, onChange: () => () => {} };
