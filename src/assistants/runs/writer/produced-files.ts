import type { FilePathAnnotation, Message } from 'openai/resources/beta/threads/messages';

/** Where the code finds and leaves files; models link to them as `sandbox:/mnt/data/…`. */
export const DATA_FOLDER = '/mnt/data/';

/** What every chat platform can show as an image; an SVG is a file like others. */
const IMAGE = /\.(png|jpe?g|gif|webp)$/i;

/** A file that code wrote: its path under `/mnt/data/`, and its id. */
export interface ProducedFile {
  name: string;
  id: string;
}

/** The files that a run's code wrote so far. */
export class ProducedFiles {
  /** The newest file's id by its path under `/mnt/data/`. */
  readonly byName = new Map<string, string>();
  #images: string[] = [];
  #unattached: string[] = [];

  add({ name, id }: ProducedFile): void {
    this.byName.set(name, id);
    (isImage(name) ? this.#images : this.#unattached).push(id);
  }

  /** What messages show or carry already. */
  forget(ids: ReadonlySet<string>): void {
    this.#images = this.#images.filter((id) => !ids.has(id));
    this.#unattached = this.#unattached.filter((id) => !ids.has(id));
  }

  /** The ids of the images that no message shows yet. */
  takeImages(): string[] {
    const ids = this.#images;
    this.#images = [];
    return ids;
  }

  /** The ids of the files, other than images, that no message carries yet. */
  takeUnattached(): string[] {
    const ids = this.#unattached;
    this.#unattached = [];
    return ids;
  }
}

/** The ids of the files that a message shows or carries. */
export function filesIn({ content, attachments }: Message): string[] {
  const images = content.flatMap((part) => (part.type === 'image_file' ? [part.image_file.file_id] : []));
  return [...images, ...(attachments ?? []).flatMap(({ file_id: id }) => id ?? [])];
}

export function isImage(name: string): boolean {
  return IMAGE.test(name);
}

/** The places in `text` that name one of the files, `byName`, as the code or as a Markdown link spells it. */
export function filePaths(text: string, byName: ReadonlyMap<string, string>): FilePathAnnotation[] {
  if (byName.size === 0 || !text.includes(DATA_FOLDER)) return [];
  const spellings = new Map(
    [...byName].flatMap(([name, id]) => [[encodeURI(name), id] as const, [name, id]]),
  );
  const longestFirst = [...spellings.keys()].sort((a, b) => b.length - a.length).map(RegExp.escape);
  const pattern = new RegExp(`(?:sandbox:)?${DATA_FOLDER}(${longestFirst.join('|')})(?![\\w-])`, 'g');
  return [...text.matchAll(pattern)].map((match) => ({
    type: 'file_path',
    text: match[0],
    start_index: match.index,
    end_index: match.index + match[0].length,
    file_path: { file_id: spellings.get(match[1] ?? '') ?? '' },
  }));
}
