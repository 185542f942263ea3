import type { AssistantStreamEvent } from 'openai/resources/beta/assistants';

/** Takes an event of a run at once; the data may change afterwards. */
export type Emit = (event: AssistantStreamEvent) => void;

/**
 * The events of a run as server-sent events. Frames wait in memory until the reader wants more and then go out in
 * one chunk, so a slow reader never stalls the run; when it has gone, nothing is kept for it.
 */
export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Whether its reader wants the texts of search results. */
  readonly hasContent: boolean;
  #frames: string[] = [];
  #state: 'open' | 'ended' | 'abandoned' = 'open';
  #wake: () => void = () => {};

  constructor(hasContent = false) {
    this.hasContent = hasContent;
    const encoder = new TextEncoder();
    this.body = new ReadableStream({
      pull: async (controller) => {
        if (this.#frames.length === 0 && this.#state === 'open') {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
        if (this.#state === 'abandoned') return;
        if (this.#frames.length > 0) controller.enqueue(encoder.encode(this.#frames.join('')));
        this.#frames = [];
        if (this.#state === 'ended') controller.close();
      },
      cancel: () => {
        this.#state = 'abandoned';
        this.#frames = [];
        this.#wake();
      },
    });
  }

  send(event: AssistantStreamEvent): void {
    if (this.#state !== 'open') return;
    this.#frames.push(`event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`);
    this.#wake();
  }

  end(): void {
    if (this.#state !== 'open') return;
    this.#frames.push('event: done\ndata: [DONE]\n\n');
    this.#state = 'ended';
    this.#wake();
  }
}
