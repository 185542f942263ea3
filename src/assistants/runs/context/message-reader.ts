import { extname } from 'node:path';
import type { Message, MessageContent } from 'openai/resources/beta/threads/messages';
import type { FileObject } from 'openai/resources/files';
import { isExpired } from '../../file.ts';
import { codeFiles, searchedFiles } from '../../message.ts';
import type { ModelContent, ModelItem } from '../../models/model.ts';
import type { State } from '../../state.ts';
import { type Citation, citationsIn } from '../search/citations.ts';
import { type Omission, placeholderOf } from './omissions.ts';
import { SearchableFiles } from './searchable-files.ts';
import type { ThreadFiles } from './thread-files.ts';

/** Images go to the model as they are, so only the newest of a long thread do. */
const MAX_IMAGES = 10;

const MEDIA_TYPES: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
};

/** Turns messages into what a model reads. Meets the newest first, so that these keep their images. */
export class MessageReader {
  readonly #state: State;
  readonly #files: ThreadFiles | undefined;
  readonly #leftOut: Map<string, Omission>;
  readonly #searchable: SearchableFiles | undefined;
  readonly #urls = new Map<string, string>();
  /** What the assistant's messages that were read cite. */
  readonly cited: Citation[] = [];
  #images = 0;

  /**
   * Without `files` there is no Python that could open what is attached, and without `opening` no search that could find it:
   * it ends when what the thread was given has been read. The images of messages that stand in `omissions` are not even read.
   */
  constructor(
    state: State,
    files: ThreadFiles | undefined,
    omissions: readonly Omission[] = [],
    opening?: Promise<unknown>,
  ) {
    this.#searchable = opening && new SearchableFiles(state, opening);
    this.#state = state;
    this.#files = files;
    this.#leftOut = new Map(omissions.map((omission) => [omission.of, omission]));
  }

  /** Reads together what the messages, newest first, show of images, and what became of the documents in them. */
  async prepare(messages: readonly Message[]): Promise<void> {
    await Promise.all([this.#prepareImages(messages), this.#searchable?.prepare(messages)]);
  }

  async #prepareImages(messages: readonly Message[]): Promise<void> {
    const shown = messages.filter(({ id }) => !this.#leftOut.has(id));
    const ids = shown.flatMap(imageFiles).slice(0, MAX_IMAGES - this.#images);
    if (ids.length === 0) return;
    const [files, contents] = await Promise.all([
      this.#state.files.getMany(ids),
      this.#state.contents.getMany(ids),
    ]);
    const byId = new Map(files.filter((file) => !isExpired(file)).map((file) => [file.id, file]));
    for (const [index, id] of ids.entries()) {
      const [file, bytes] = [byId.get(id), contents[index]];
      if (file && bytes) this.#urls.set(id, dataUrl(file, bytes));
    }
  }

  async item(message: Message): Promise<Extract<ModelItem, { type: 'message' }>> {
    this.cited.unshift(...citationsIn(message));
    const shown = message.content.filter((part) => !isDrawn(part, message));
    const parts = shown.map((part) => this.#part(part, message));
    const attached = message.role === 'user' ? await this.#attachments(message) : [];
    const content = [...parts, ...attached];
    return { type: 'message', role: message.role, content };
  }

  #part(part: MessageContent, { id, role }: Message): ModelContent {
    if (part.type === 'text') return text(part.text.value);
    if (part.type === 'refusal') return text(part.refusal);
    // Only a user's message may hold an image, for every provider.
    const leftOut = this.#leftOut.get(id);
    if (leftOut) return text(placeholderOf(leftOut));
    if (role === 'assistant' || this.#images >= MAX_IMAGES) return text('[An image]');
    this.#images++;
    if (part.type === 'image_url') return image(part.image_url.url, part.image_url.detail);
    const url = this.#urls.get(part.image_file.file_id);
    return url === undefined ? text('[An image that was deleted]') : image(url, part.image_file.detail);
  }

  async #attachments(message: Message): Promise<ModelContent[]> {
    const readable = new Set(codeFiles(message));
    const searched = new Set(this.#searchable ? searchedFiles(message) : []);
    const notes = (message.attachments ?? []).map(async ({ file_id: id = '' }) => {
      const path = readable.has(id) ? await this.#files?.add(id) : undefined;
      const found = searched.has(id) ? this.#searchable?.told(id, path !== undefined) : undefined;
      if (path !== undefined) return text(`[Attached file: ${path}${found ?? ''}]`);
      return text(`[An attached file${found ?? ' that cannot be opened'}]`);
    });
    return Promise.all(notes);
  }
}

/** Only a user's message may hold an image, for every provider. */
function imageFiles({ role, content }: Message): string[] {
  if (role === 'assistant') return [];
  return content.flatMap((part) => (part.type === 'image_file' ? [part.image_file.file_id] : []));
}

function dataUrl({ filename }: FileObject, bytes: Uint8Array): string {
  const type = MEDIA_TYPES[extname(filename).toLowerCase()] ?? 'image/png';
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}

/** An image that the run's own code drew: the call's output tells of it already. */
function isDrawn(part: MessageContent, { run_id }: Message): boolean {
  return part.type === 'image_file' && run_id !== null;
}

function text(value: string): ModelContent {
  return { type: 'text', text: value };
}

function image(url: string, detail: 'auto' | 'low' | 'high' | undefined): ModelContent {
  return { type: 'image', url, ...(detail && { detail }) };
}
