import type {
  FileCitationDeltaAnnotation,
  Message,
  MessageContentDelta,
} from 'openai/resources/beta/threads/messages';
import type { Run } from 'openai/resources/beta/threads/runs/runs';
import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import { newId } from '../../ids.ts';
import { nowInSeconds } from '../../time.ts';
import { type Ending, messageReason, stepEnding } from '../ending.ts';
import type { Citation, Citations } from '../search/citations.ts';
import { MarkScanner } from '../search/marks.ts';
import { filePaths, type ProducedFiles } from './produced-files.ts';
import { endStep, openStep, type RunSink } from './run-sink.ts';

/** What a message is made with. */
export interface MessageParts {
  /**
   * Those that the run's code drew since the message before: the message begins with them.
   * https://developers.openai.com/api/docs/assistants/tools/code-interpreter
   */
  images: string[];
  /** What it may cite; undefined where marks are words like others. */
  citations: Citations | undefined;
}

/** Writes one message of the assistant, and its step, while the model answers. */
export class MessageWriter {
  readonly #sink: RunSink;
  readonly #message: Message;
  readonly #step: RunStep;
  readonly #citations: Citations | undefined;
  #marks = new MarkScanner();
  #hasChanged = false;

  private constructor(sink: RunSink, message: Message, step: RunStep, { images, citations }: MessageParts) {
    this.#sink = sink;
    this.#message = message;
    this.#step = step;
    this.#citations = citations;
    for (const id of images) this.#image(id);
  }

  static open(run: Run, sink: RunSink, parts: MessageParts): MessageWriter {
    const message = newMessage(run);
    sink.messages.set(message.id, message);
    sink.keep(() => sink.state.messages.append(run.thread_id, message));
    const step = openStep(run, sink, {
      type: 'message_creation',
      message_creation: { message_id: message.id },
    });
    sink.emit({ event: 'thread.message.created', data: message });
    sink.emit({ event: 'thread.message.in_progress', data: message });
    return new MessageWriter(sink, message, step, parts);
  }

  /** A message that is written once more from its beginning. */
  static anew(
    sink: RunSink,
    { message, step }: { message: Message; step: RunStep },
    parts: MessageParts,
  ): MessageWriter {
    sink.messages.set(message.id, message);
    return new MessageWriter(sink, message, step, parts);
  }

  get id(): string {
    return this.#message.id;
  }

  /** Marks of sources become citations; one that names nothing that was found is left out, as it would be believed. */
  text(delta: string): void {
    for (const piece of this.#citations ? this.#marks.push(delta) : [delta]) {
      if (typeof piece === 'string') {
        this.#text(piece);
        continue;
      }
      const citation = this.#citations?.of(piece);
      if (citation) this.#cite(citation);
      else if (piece.name === undefined) this.#text(piece.raw);
    }
  }

  #text(value: string): void {
    if (value === '') return;
    const last = this.#message.content.at(-1);
    if (last?.type === 'text') {
      last.text.value += value;
      this.#delta({ index: this.#index, type: 'text', text: { value } });
      return;
    }
    this.#message.content.push({ type: 'text', text: { value, annotations: [] } });
    this.#delta({ index: this.#index, type: 'text', text: { value, annotations: [] } });
  }

  /** The mark and its annotation come in one delta. */
  #cite({ mark, fileId }: Citation): void {
    const last = this.#message.content.at(-1);
    if (last?.type !== 'text')
      this.#message.content.push({ type: 'text', text: { value: '', annotations: [] } });
    const block = this.#message.content.at(-1);
    if (block?.type !== 'text') return;
    const start = block.text.value.length;
    const annotation = {
      type: 'file_citation' as const,
      text: mark,
      start_index: start,
      end_index: start + mark.length,
      file_citation: { file_id: fileId },
    };
    block.text.value += mark;
    const index = block.text.annotations.push(annotation) - 1;
    const delta: FileCitationDeltaAnnotation = { index, ...annotation };
    this.#delta({ index: this.#index, type: 'text', text: { value: mark, annotations: [delta] } });
  }

  /** What was held back is all that there is. */
  #flush(): void {
    this.#text(this.#marks.end());
  }

  /** Takes back the text so far. The stream can't: there it stands until the message is closed. */
  withdraw(): void {
    this.#hasChanged = true;
    this.#marks = new MarkScanner();
    for (const part of this.#message.content)
      if (part.type === 'text') part.text = { value: '', annotations: [] };
  }

  refusal(delta: string): void {
    this.#flush();
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
    this.#flush();
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

  /**
   * Links what the text calls `sandbox:/mnt/data/…` to the files, and attaches all of them; a picture that came while the
   * message was being written is shown below it.
   */
  #attach(files: ProducedFiles): void {
    for (const id of files.takeImages()) this.#image(id);
    for (const [index, block] of this.#message.content.entries()) {
      if (block.type !== 'text') continue;
      const annotations = filePaths(block.text.value, files.byName);
      if (annotations.length === 0) continue;
      const first = block.text.annotations.length;
      block.text.annotations.push(...annotations);
      const numbered = annotations.map((annotation, at) => ({ index: first + at, ...annotation }));
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
