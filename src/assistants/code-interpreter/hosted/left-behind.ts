import { createHash } from 'node:crypto';
import { isImage } from '../../runs/writer/produced-files.ts';
import type { CodeResult, RanCode } from '../code-interpreter.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { sizeOf } from '../output.ts';
import { toldNames } from '../told-names.ts';
import type { Containers } from './containers.ts';
import { type ContainerFile, TooLarge } from './containers-api.ts';
import { type KeptContainer, keyOf, nameOf, newContainer, withFetched } from './kept-container.ts';
import { reasonOf } from './trouble.ts';

type ProducedFile = CodeResult['files'][number];

/**
 * The name that a container gives to a picture which code only showed, by its file's id. It comes with the call that showed it,
 * or else with the message that follows, but not by the name of a file.
 */
const SHOWN = /^cfile_\w+\.(png|jpe?g|gif|webp)$/i;

/** Fetches at once what code leaves in a container, since that is gone soon: files, and pictures that it showed. */
export class LeftBehind {
  readonly #containers: Containers;

  constructor(containers: Containers) {
    this.#containers = containers;
  }

  /**
   * What a call has left. Asked once more for the same call, as by another process, it gives the same once more. `tell` hears a
   * sentence on what could not be had.
   */
  async of(
    session: string,
    ran: RanCode,
    tell: (sentence: string) => void,
    signal: AbortSignal,
  ): Promise<ProducedFile[]> {
    const container = await this.#container(session, ran.container);
    const listed = await this.#written(container, ran.call, tell, signal);
    const { fetched, left } = await this.#fetch(container, listed, tell, signal);
    const shown = ran.images.slice(0, DEFAULT_LIMITS.filesOut).flatMap(pictureIn);
    const keys = fetched.map(({ key }) => key);
    const hashes = [...fetched, ...shown].map(({ bytes }) => hashOf(bytes));
    const noted = withFetched(container, ran.call, keys, hashes);
    await this.#note(session, withFetched(noted, leftBy(ran.call), left.map(keyOf), []));
    return once(fetched, shown);
  }

  /**
   * A file that a message links to, unless it is shown with one of these calls or is a picture that is shown already. Undefined
   * also when it can't be had: the link says what it was.
   */
  async cited(
    session: string,
    cited: { container: string; id: string; name: string },
    calls: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<ProducedFile | undefined> {
    const container = await this.#container(session, cited.container);
    try {
      const file = await this.#containers.api.file(cited.container, cited.id, signal);
      const key = keyOf(file);
      if (container.fetched.some((one) => one.key === key && calls.has(one.call))) return undefined;
      const bytes = await this.#content(cited.container, file, signal);
      const hash = hashOf(bytes);
      const name = nameOf(file.path) || cited.name;
      if (SHOWN.test(name) && container.hashes.includes(hash)) return undefined;
      await this.#note(session, withFetched(container, [...calls].at(-1) ?? '', [key], [hash]));
      return { name, bytes };
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  async #container(session: string, id: string): Promise<KeptContainer> {
    const kept = await this.#containers.kept.get(session);
    return kept?.id === id ? kept : newContainer(id, 0);
  }

  /** Another container may be the session's by now. */
  async #note(session: string, container: KeptContainer): Promise<void> {
    if ((await this.#containers.known(session)) !== container.id) return;
    await this.#containers.kept.set(session, container);
  }

  /** The files that this call wrote or changed. */
  async #written(
    { id, fetched }: KeptContainer,
    call: string,
    tell: (sentence: string) => void,
    signal: AbortSignal,
  ): Promise<ContainerFile[]> {
    // Not every provider says where code has run.
    if (id === '') return [];
    try {
      const files = await this.#containers.api.list(id, signal);
      const its = [call, leftBy(call)];
      const others = new Set(fetched.flatMap((one) => (its.includes(one.call) ? [] : [one.key])));
      return files.filter(
        (file) => !file.isUpload && !others.has(keyOf(file)) && !SHOWN.test(nameOf(file.path)),
      );
    } catch (error) {
      signal.throwIfAborted();
      tell(
        `Whether the code wrote files could not be seen: ${reasonOf(error, this.#containers.api.provider)}`,
      );
      return [];
    }
  }

  async #fetch(
    { id }: KeptContainer,
    files: ContainerFile[],
    tell: (sentence: string) => void,
    signal: AbortSignal,
  ): Promise<{ fetched: Fetched[]; left: ContainerFile[] }> {
    const { filesOut, filesOutBytes } = DEFAULT_LIMITS;
    const fetched: Fetched[] = [];
    const left: ContainerFile[] = [];
    let room = filesOutBytes;
    for (const file of files) {
      const name = nameOf(file.path);
      if (fetched.length === filesOut || file.bytes > room) {
        left.push(file);
        continue;
      }
      try {
        const bytes = await this.#content(id, file, signal, room);
        room -= bytes.length;
        fetched.push({ name, bytes, key: keyOf(file) });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof TooLarge) left.push(file);
        else tell(`The file ${name} could not be fetched: ${reasonOf(error, this.#containers.api.provider)}`);
      }
    }
    if (left.length > 0) {
      const limit = `${filesOut} files and ${sizeOf(filesOutBytes)}`;
      tell(
        `One call may hand back ${limit}, so these files were left: ${toldNames(left.map(({ path }) => nameOf(path)))}.`,
      );
    }
    return { fetched, left };
  }

  #content(
    container: string,
    { id }: ContainerFile,
    signal: AbortSignal,
    most = DEFAULT_LIMITS.filesOutBytes,
  ): Promise<Uint8Array> {
    return this.#containers.api.content(container, id, most, signal);
  }
}

/** In the place of a call, for the files of which it was told that they were left: a message may still link to them. */
function leftBy(call: string): string {
  return `left by ${call}`;
}

interface Fetched extends ProducedFile {
  key: string;
}

/**
 * Each picture once: one that code saves it often shows besides, which does not make the same bytes. So what is shown counts
 * only where fewer pictures were saved.
 */
function once(files: Fetched[], shown: ProducedFile[]): ProducedFile[] {
  const saved = new Set(files.map(({ bytes }) => hashOf(bytes)));
  const others = shown.filter(({ bytes }) => !saved.has(hashOf(bytes)));
  const pictures = files.filter(({ name }) => isImage(name)).length;
  const all = pictures < shown.length ? [...files, ...others] : files;
  return all.map(({ name, bytes }) => ({ name, bytes }));
}

/** The picture of a `data:` URL; nothing for another: its address may be anybody's. */
function pictureIn(url: string, at: number): ProducedFile[] {
  const [, type = '', data = ''] = /^data:image\/(png|jpe?g|gif|webp);base64,([\w+/=\s]+)$/.exec(url) ?? [];
  if (data === '') return [];
  const name = `image${at === 0 ? '' : `-${at + 1}`}.${type}`;
  return [{ name, bytes: Buffer.from(data, 'base64') }];
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
