import { posix } from 'node:path';
import { getExtension } from 'hono/utils/mime';
import { FunctionError, type FunctionFile, type FunctionResult } from '../team-function.ts';
import { isMap } from './tool.ts';
import { boundedLine } from './words.ts';

/** As many as a message on Discord takes: https://discord.com/developers/docs/resources/message */
const MOST_FILES = 10;

/** The bytes of one result's files together; a message of the server may be hardly longer. */
const MOST_BYTES = 20_000_000;

/** Of an error of a tool, in UTF-16 code units. */
const LONGEST_ERROR = 4_000;

/** Of a link's address and words. */
const LONGEST_LINK = 500;

/** Of a file's name, without its end. */
const LONGEST_NAME = 80;

/** What a server gives back for a call, as far as it is what it should be. */
export interface ToolResult {
  readonly content?: unknown;
  readonly structuredContent?: unknown;
  readonly isError?: unknown;
}

/** Reads a resource of the server: its contents, as the server tells them. */
export type ReadResource = (uri: string) => Promise<readonly unknown[]>;

/**
 * A tool's result as text for the model and files for people. Resources that are only linked are read from the server,
 * but for addresses of the web, which whoever reads the answer can open. Throws a `FunctionError` when the tool says that it failed.
 */
export async function functionResult(
  tool: string,
  result: ToolResult,
  read: ReadResource,
): Promise<FunctionResult> {
  const collected = new Collected(tool);
  const content = Array.isArray(result.content) ? result.content : [];
  for (const block of content) if (isMap(block)) await collected.add(block, read);
  if (collected.texts.length === 0 && result.structuredContent !== undefined)
    collected.texts.push(JSON.stringify(result.structuredContent));
  const text = collected.texts.join('\n\n');
  if (result.isError === true)
    throw new FunctionError(
      text === '' ? 'The tool failed and did not say why.' : text.slice(0, LONGEST_ERROR),
    );
  const { files } = collected;
  return files.length > 0 ? { text, files } : { text: text || 'The tool gave nothing back.' };
}

/** Texts and files in the order in which they come. */
class Collected {
  readonly texts: string[] = [];
  readonly files: FunctionFile[] = [];
  readonly #tool: string;
  #bytes = 0;

  constructor(tool: string) {
    this.#tool = tool;
  }

  async add(block: Record<string, unknown>, read: ReadResource): Promise<void> {
    const { type, text, data, mimeType, resource } = block;
    if (type === 'text' && typeof text === 'string') this.#tell(text);
    else if ((type === 'image' || type === 'audio') && typeof data === 'string')
      this.#keep(`${this.#tool}-${type}`, data, mimeType);
    else if (type === 'resource' && isMap(resource)) this.#take(resource);
    else if (type === 'resource_link' && typeof block.uri === 'string')
      await this.#follow(block.uri, block, read);
  }

  #tell(text: string): void {
    if (text !== '') this.texts.push(text);
  }

  #take({ uri, text, blob, mimeType }: Record<string, unknown>): void {
    const name = typeof uri === 'string' ? uri : '';
    if (typeof text === 'string')
      this.#tell(name === '' ? text : `${boundedLine(name, LONGEST_LINK)}:\n${text}`);
    else if (typeof blob === 'string') this.#keep(nameIn(name) || `${this.#tool}-file`, blob, mimeType);
  }

  async #follow(
    uri: string,
    { name, description }: Record<string, unknown>,
    read: ReadResource,
  ): Promise<void> {
    const words = [name, description].filter((each) => typeof each === 'string').join(': ');
    const link = boundedLine(`${words} <${uri.slice(0, LONGEST_LINK)}>`, LONGEST_LINK * 2);
    if (/^https?:/i.test(uri)) return this.#tell(link);
    if (/^data:/i.test(uri)) return this.#takeData(uri, words);
    if (this.files.length >= MOST_FILES) return this.#tell(`${link} (not read: there are too many)`);
    try {
      for (const contents of await read(uri)) if (isMap(contents)) this.#take({ uri, ...contents });
    } catch {
      this.#tell(`${link} (it could not be read)`);
    }
  }

  /** https://www.rfc-editor.org/rfc/rfc2397 */
  #takeData(uri: string, words: string): void {
    const comma = uri.indexOf(',');
    const [mimeType = '', ...rest] = uri.slice('data:'.length, comma).split(';');
    const payload = uri.slice(comma + 1);
    const name = fileName(words) || `${this.#tool}-file`;
    if (rest.includes('base64')) this.#keep(name, payload, mimeType);
    else this.#tell(payload);
  }

  #keep(name: string, base64: string, mimeType: unknown): void {
    const size = Math.floor((base64.length * 3) / 4);
    if (this.files.length >= MOST_FILES || this.#bytes + size > MOST_BYTES) {
      const most = `${MOST_FILES} files and ${MOST_BYTES / 1_000_000} MB`;
      this.texts.push(`[${fileName(name)} is left out: a result may have ${most} at most.]`);
      return;
    }
    this.#bytes += size;
    const file = {
      name: this.#unused(withEnd(fileName(name), mimeType)),
      bytes: Buffer.from(base64, 'base64'),
    };
    this.files.push(file);
  }

  #unused(name: string): string {
    const { name: stem, ext } = posix.parse(name);
    const isTaken = (candidate: string) => this.files.some((file) => file.name === candidate);
    for (let number = 2; ; number++) {
      const candidate = number === 2 && !isTaken(name) ? name : `${stem}-${number}${ext}`;
      if (!isTaken(candidate)) return candidate;
    }
  }
}

/** What a resource's address ends with. */
function nameIn(uri: string): string {
  const path = uri.split(/[?#]/)[0] ?? '';
  const last = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** Nothing that is more than a name on any system. */
function fileName(name: string): string {
  const plain = boundedLine(name, LONGEST_NAME * 20)
    .replace(/[\\/:*?"<>|]+/g, '-')
    .replace(/^[.\s-]+|[.\s]+$/g, '');
  const { name: stem, ext } = posix.parse(plain);
  return `${stem.slice(0, LONGEST_NAME)}${ext.slice(0, 12)}`;
}

/** With the end that its media type has, where it has none of its own. */
function withEnd(name: string, mimeType: unknown): string {
  if (/\.[a-z\d]{1,8}$/i.test(name)) return name;
  const end =
    typeof mimeType === 'string' ? (ENDS[mimeType.toLowerCase()] ?? getExtension(mimeType)) : undefined;
  return `${name || 'file'}.${end ?? 'bin'}`;
}

/** The usual ends, where the list has another first or none. */
const ENDS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'text/html': 'html',
  'text/markdown': 'md',
  'application/json': 'json',
};
