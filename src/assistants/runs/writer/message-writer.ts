import type { Message, MessageContentDelta } from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { newId } from '../../ids.ts';
import { nowInSeconds } from '../../time.ts';
import { type Ending, messageReason, stepEnding } from '../ending.ts';
import { filePaths, type ProducedFiles } from './produced-files.ts';
import { endStep, openStep, type RunSink } from './run-sink.ts';

/** Writes one message of the assistant, and its step, while the model answers. */
export class MessageWriter {
  readonly #sink: RunSink;
  readonly #message: Message;
  readonly #step: RunStep;
  #hasChanged = false;

  private constructor(sink: RunSink, message: Message, step: RunStep) {
    this.#sink = sink;
    this.#message = message;
    this.#step = step;
  }

  /**
   * `images` are those that the run's code drew since the message before: the message begins with them.
   * https://developers.openai.com/api/docs/assistants/tools/code-interpreter
   */
  static open(run: Run, sink: RunSink, images: string[]): MessageWriter {
    const message = newMessage(run);
    sink.messages.set(message.id, message);
    sink.keep(() => sink.state.messages.append(run.thread_id, message));
    const step = openStep(run, sink, {
      type: 'message_creation',
      message_creation: { message_id: message.id },
    });
    sink.emit({ event: 'thread.message.created', data: message });
    sink.emit({ event: 'thread.message.in_progress', data: message });
    const writer = new MessageWriter(sink, message, step);
    for (const id of images) writer.#image(id);
    return writer;
  }

  /** A message that is written once more from its beginning. */
  static anew(sink: RunSink, begun: { message: Message; step: RunStep }, images: string[]): MessageWriter {
    const { message, step } = begun;
    sink.messages.set(message.id, message);
    const writer = new MessageWriter(sink, message, step);
    for (const id of images) writer.#image(id);
    return writer;
  }

  get id(): string {
    return this.#message.id;
  }

  text(delta: string): void {
    const last = this.#message.content.at(-1);
    if (last?.type === 'text') {
      last.text.value += delta;
      this.#delta({ index: this.#index, type: 'text', text: { value: delta } });
      return;
    }
    this.#message.content.push({ type: 'text', text: { value: delta, annotations: [] } });
    this.#delta({ index: this.#index, type: 'text', text: { value: delta, annotations: [] } });
  }

  /** Takes back the text so far. The stream can't: there it stands until the message is closed. */
  withdraw(): void {
    this.#hasChanged = true;
    for (const part of this.#message.content) if (part.type === 'text') part.text.value = '';
  }

  refusal(delta: string): void {
    const last = this.#message.content.at(-1);
    if (last?.type === 'refusal') last.refusal += delta;
    else this.#message.content.push({ type: 'refusal', refusal: delta });
    this.#delta({ index: this.#index, type: 'refusal', refusal: delta });
  }

  /** Keeps what was written since it was last kept, in case the process dies. */
  async checkpoint(): Promise<void> {
    if (this.#hasChanged) await this.#sink.write(() => this.#save());
  }

  async #save(): Promise<void> {
    this.#hasChanged = false;
    await this.#sink.state.messages.put(this.#message);
  }

  /** Ends the message and its step. `files` are those that the run's code wrote so far; with it the run may be over. */
  close(ending: Ending, files: ProducedFiles, usage: RunStep.Usage | null, isLast: boolean): void {
    this.#attach(files);
    const reason = messageReason(ending);
    const message = this.#message;
    message.status = reason === null ? 'completed' : 'incomplete';
    message.incomplete_details = reason === null ? null : { reason };
    if (reason === null) message.completed_at = nowInSeconds();
    else message.incomplete_at = nowInSeconds();
    this.#sink.keep(() => this.#save());
    this.#sink.emit({ event: `thread.message.${message.status}`, data: message });
    const whole = ending.status === 'incomplete' ? { status: 'completed' as const } : ending;
    endStep(this.#step, this.#sink, stepEnding(whole), usage, isLast && reason === null ? { isLast } : {});
  }

  #image(fileId: string): void {
    const image = { type: 'image_file' as const, image_file: { file_id: fileId } };
    this.#message.content.push(image);
    this.#delta({ index: this.#index, ...image });
  }

  get #index(): number {
    return this.#message.content.length - 1;
  }

  #delta(content: MessageContentDelta): void {
    this.#hasChanged = true;
    const data = {
      id: this.#message.id,
      object: 'thread.message.delta' as const,
      delta: { content: [content] },
    };
    this.#sink.emit({ event: 'thread.message.delta', data });
  }

  /** Links what the text calls `sandbox:/mnt/data/…` to the files, and attaches all of them. */
  #attach(files: ProducedFiles): void {
    for (const [index, block] of this.#message.content.entries()) {
      if (block.type !== 'text') continue;
      const annotations = filePaths(block.text.value, files.byName);
      if (annotations.length === 0) continue;
      block.text.annotations = annotations;
      const numbered = annotations.map((annotation, at) => ({ index: at, ...annotation }));
      this.#delta({ index, type: 'text', text: { annotations: numbered } });
    }
    this.#message.attachments = files
      .takeUnattached()
      .map((id) => ({ file_id: id, tools: [{ type: 'code_interpreter' }] }));
  }
}

function newMessage(run: Run): Message {
  return {
    id: newId('msg_'),
    object: 'thread.message',
    created_at: nowInSeconds(),
    assistant_id: run.assistant_id,
    thread_id: run.thread_id,
    run_id: run.id,
    role: 'assistant',
    status: 'in_progress',
    content: [],
    attachments: [],
    metadata: {},
    completed_at: null,
    incomplete_at: null,
    incomplete_details: null,
  };
}
