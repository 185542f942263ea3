import { basename } from 'node:path/posix';
import type { OpenAI } from 'openai';
import type { RunCreateParamsBase } from 'openai/resources/beta/threads/runs/runs';
import type { Logger } from '../log.ts';
import type { IncomingMessage, Outcome, Platform, ReplyFile } from '../platform.ts';
import { Publisher } from '../reply/publisher/publisher.ts';
import { fileIds } from '../reply/transcript/file-ids.ts';
import type { ReplyStyle } from '../reply/transcript/render.ts';
import { emptyTranscript, fold } from '../reply/transcript/transcript.ts';
import { describeAskers } from './askers.ts';
import type { Download } from './attachments.ts';
import { describeContext } from './context.ts';
import { endOfEndless } from './endless.ts';
import { endOfRun, sentenceFor, withFiles } from './outcome.ts';
import type { RunThread } from './run.ts';
import type { ReadyThread, ThreadMap } from './thread-map.ts';

/** The Assistants API's limit on one message, in UTF-16 code units. */
const LONGEST_MESSAGE = 256_000;

const STILL_THERE = 'what was read for one turn only could not be deleted yet: the next turn tries again';

/** Is told how turns end. */
export interface TurnObserver {
  turnEnded(platform: string, status: Outcome['status'], seconds: number): void;
}

/** What every turn needs. */
export interface TurnParts {
  client: OpenAI;
  threads: ThreadMap;
  runThread: RunThread;
  /** The same for every run: the assistant, and what only a run can be told. */
  runSettings: Pick<RunCreateParamsBase, 'assistant_id' | 'max_completion_tokens' | 'max_prompt_tokens'>;
  style: ReplyStyle;
  log: Logger;
  observer?: TurnObserver;
}

/**
 * One pass of queued messages through one run to a finished reply. An abort ends both: the run, and what there is to
 * show of it. Never rejects.
 */
export async function takeTurn(
  parts: TurnParts,
  messages: IncomingMessage[],
  platform: Pick<Platform, 'name' | 'reply' | 'download'>,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const publisher = new Publisher(platform.reply(messages), parts.style, parts.log);
  const stop = () => publisher.stop();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const turn = new Turn(parts, publisher, platform.download?.bind(platform));
  const outcome = await turn.answer(messages, signal).catch((error: unknown): Outcome => {
    parts.log.warn({ err: error, conversation: messages[0]?.conversation }, 'a turn failed');
    return { status: 'failed', error: sentenceFor(error) };
  });
  const files = signal.aborted ? [] : await turn.files();
  const { status } = await publisher.finish(turn.endWith(outcome, files), files);
  signal.removeEventListener('abort', stop);
  parts.observer?.turnEnded(platform.name, status, (performance.now() - began) / 1_000);
}

class Turn {
  readonly #parts: TurnParts;
  readonly #publisher: Publisher;
  readonly #download: Download | undefined;
  #transcript = emptyTranscript;

  constructor(parts: TurnParts, publisher: Publisher, download: Download | undefined) {
    this.#parts = parts;
    this.#publisher = publisher;
    this.#download = download;
  }

  async answer(messages: IncomingMessage[], signal: AbortSignal): Promise<Outcome> {
    const fitting = messages.filter((message) => message.text.length <= LONGEST_MESSAGE);
    const refusal = fitting.length < messages.length ? tooLong(messages) : undefined;
    if (refusal && fitting.length === 0) return refusal;
    const thread = await this.#prepare(fitting);
    try {
      if (signal.aborted) return { status: 'stopped' };
      const params = { ...this.#parts.runSettings, additional_instructions: describeAskers(fitting) };
      const outcome = (await this.#follow(thread.id, params, signal)) ?? endOfRun(this.#transcript);
      return outcome.status === 'completed' ? (refusal ?? outcome) : outcome;
    } finally {
      await thread.forget().catch((error: unknown) => this.#parts.log.warn({ err: error }, STILL_THERE));
    }
  }

  /** Shows a run as it goes on; tells how it ended, if that was not by itself. */
  async #follow(
    threadId: string,
    params: RunCreateParamsBase,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    const endless = new AbortController();
    const events = this.#parts.runThread(threadId, params, AbortSignal.any([signal, endless.signal]));
    for await (const event of events) {
      this.#transcript = fold(this.#transcript, event);
      this.#publisher.update(this.#transcript);
      const end = endOfEndless(this.#transcript);
      if (end) endless.abort();
      if (end) return end;
    }
    return undefined;
  }

  /** The files that the run brought forth; one that can't be had is left out, and the log says why. */
  async files(): Promise<ReplyFile[]> {
    const { client, log } = this.#parts;
    const found = fileIds(this.#transcript).map((id) =>
      fetchFile(client, id).catch((error: unknown) =>
        log.warn({ err: error, file: id }, 'a file of a run is gone'),
      ),
    );
    return (await Promise.all(found)).filter((file) => file !== undefined);
  }

  endWith(outcome: Outcome, files: readonly ReplyFile[]): Outcome {
    return withFiles(outcome, this.#transcript, files);
  }

  /** Brings the thread to where the run shall begin. */
  async #prepare(messages: IncomingMessage[]): Promise<ReadyThread> {
    const { threads } = this.#parts;
    const context = describeContext(messages);
    const fresh = messages.filter((message) => !message.regenerate);
    if (fresh.length > 0) return threads.add(fresh, this.#download, context);
    return threads.takeBack(messages[0]?.conversation ?? '', context);
  }
}

async function fetchFile(client: OpenAI, id: string): Promise<ReplyFile> {
  const [{ filename }, content] = await Promise.all([client.files.retrieve(id), client.files.content(id)]);
  return { id, name: basename(filename), bytes: new Uint8Array(await content.arrayBuffer()) };
}

function tooLong(messages: IncomingMessage[]): Outcome {
  const [message] = messages.filter(({ text }) => text.length > LONGEST_MESSAGE);
  const [length, limit] = [message?.text.length ?? 0, LONGEST_MESSAGE].map((n) => n.toLocaleString('en'));
  const error = `A message has ${length} characters and at most ${limit} fit: send it in shorter parts.`;
  return { status: 'failed', error };
}
