import { createHash } from 'node:crypto';
import { basename, matchesGlob } from 'node:path/posix';
import { type Audience, described, keyOf } from '../audience.ts';
import type { Sources } from '../sources/documents.ts';
import type { SourceDocument, SourceProblem } from '../sources/found.ts';
import { LONGEST_TEXT } from '../sources/properties.ts';

/** What a vector store's file carries of its document; the server keeps them with it. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A document as a vector store has it. */
export interface StoredDocument {
  /** Of its file. */
  id: string;
  store: { readonly id: string; readonly audience: Audience };
  status: 'in_progress' | 'completed' | 'cancelled' | 'failed';
  /** Why it failed. `server_error` may pass. */
  error?: { code: string; message: string };
  attributes: Attributes;
}

/** A document that the store shall have. */
export interface Wanted {
  document: SourceDocument;
  /** What is there of it already: it only has to become ready. */
  begun?: StoredDocument;
  /** Older versions, which stay until it is there. */
  replaces: StoredDocument[];
}

/** What brings the vector stores up to date. */
export interface Plan {
  /** What is where not all may see it who would find it there: goes first. */
  misplaced: StoredDocument[];
  add: Wanted[];
  /** The same content, with other attributes. */
  update: { document: SourceDocument; stored: StoredDocument }[];
  /** No longer named, or older than what is there. */
  remove: StoredDocument[];
  /** Was tried and can't be searched; it is not tried again until it changes. */
  failed: { document: SourceDocument; stored: StoredDocument }[];
  unchanged: number;
}

/** How many calls it takes, about. */
export function sizeOf({ misplaced, add, update, remove }: Plan): number {
  return misplaced.length + add.length + update.length + remove.length;
}

/** The name of a document in its attributes, which take no longer text. */
export function pathAttribute(path: string): string {
  if (path.length <= LONGEST_TEXT) return path.toWellFormed();
  const hash = createHash('sha256').update(path).digest('hex');
  return `${path.slice(0, LONGEST_TEXT - hash.length - 1)}…${hash}`.toWellFormed();
}

export function attributesOf({ path, checksum, properties, audience }: SourceDocument): Attributes {
  const { title, url, owner, date } = properties;
  return {
    path: pathAttribute(path),
    checksum,
    ...(title && { title }),
    ...(url && { url }),
    ...(owner && { owner }),
    date,
    ...(audience.length > 0 && { audience: described(audience).slice(0, LONGEST_TEXT) }),
  };
}

/** Compares what there is with what a store has. The store's attributes are the truth of what it has, after a crash, too. */
export function planOf({ documents, problems }: Sources, stored: readonly StoredDocument[]): Plan {
  const planner = new Planner(stored);
  for (const document of documents) planner.take(document);
  return planner.end(problems);
}

class Planner {
  readonly #plan: Plan = { misplaced: [], add: [], update: [], remove: [], failed: [], unchanged: 0 };
  readonly #byPath: ReadonlyMap<unknown, StoredDocument[]>;
  /** What nobody has asked for yet. */
  readonly #left: Set<StoredDocument>;
  readonly #new: SourceDocument[] = [];

  constructor(stored: readonly StoredDocument[]) {
    this.#byPath = Map.groupBy(stored, ({ attributes }) => attributes.path);
    this.#left = new Set(stored);
  }

  take(document: SourceDocument): void {
    const known = this.#byPath.get(pathAttribute(document.path)) ?? [];
    for (const one of known) this.#left.delete(one);
    const key = keyOf(document.audience);
    const { here = [], elsewhere = [] } = Object.groupBy(known, ({ store }) =>
      keyOf(store.audience) === key ? 'here' : 'elsewhere',
    );
    this.#plan.misplaced.push(...elsewhere);
    if (here.length === 0) this.#new.push(document);
    else this.#compare(document, here);
  }

  #compare(document: SourceDocument, here: readonly StoredDocument[]): void {
    const current = here
      .filter(({ attributes }) => attributes.checksum === document.checksum)
      .sort(readyFirst)[0];
    const others = here.filter((one) => one !== current);
    if (current?.status === 'completed') {
      this.#settle(document, current);
      this.#plan.remove.push(...others);
    } else if (current?.status === 'in_progress') {
      this.#plan.add.push({ document, begun: current, replaces: others });
    } else if (current?.error && current.error.code !== 'server_error') {
      this.#plan.failed.push({ document, stored: current });
    } else {
      this.#plan.add.push({ document, replaces: [...here] });
    }
  }

  #settle(document: SourceDocument, stored: StoredDocument): void {
    if (isDescribed(document, stored)) this.#plan.unchanged++;
    else this.#plan.update.push({ document, stored });
  }

  end(problems: readonly SourceProblem[]): Plan {
    const leftOver = Map.groupBy(this.#left, ({ attributes }) => attributes.checksum);
    for (const document of this.#new) {
      const moved = leftOver.get(document.checksum)?.find((stored) => this.#isMoved(document, stored));
      if (moved) this.#left.delete(moved);
      if (moved) this.#plan.update.push({ document, stored: moved });
      else this.#plan.add.push({ document, replaces: [] });
    }
    const keeping = problems.filter(({ keeps }) => keeps);
    for (const stored of this.#left)
      if (!keeping.some((problem) => isKept(stored, problem))) this.#plan.remove.push(stored);
    return this.#plan;
  }

  /** The same file in another folder; its name is shown with what is found, so it has to be the same. */
  #isMoved({ path, audience }: SourceDocument, stored: StoredDocument): boolean {
    const { attributes, status, store } = stored;
    return (
      this.#left.has(stored) &&
      status === 'completed' &&
      basename(String(attributes.path)) === basename(path) &&
      keyOf(store.audience) === keyOf(audience)
    );
  }
}

const READINESS = ['completed', 'in_progress', 'failed', 'cancelled'];

function readyFirst(a: StoredDocument, b: StoredDocument): number {
  return READINESS.indexOf(a.status) - READINESS.indexOf(b.status);
}

/** A file's own date says nothing new as long as its content is the same: a copy of it has another. */
function isDescribed(document: SourceDocument, { attributes }: StoredDocument): boolean {
  const wanted = attributesOf(document);
  const { isFilesDate } = document.properties;
  const names = new Set([...Object.keys(wanted), ...Object.keys(attributes)]);
  return [...names].every(
    (name) =>
      wanted[name] === attributes[name] || (name === 'date' && isFilesDate && attributes.date !== undefined),
  );
}

/** What can't be read now is still there as it was, unless fewer may see it by now. */
function isKept({ attributes, store }: StoredDocument, { path, audience }: SourceProblem): boolean {
  const stored = String(attributes.path);
  const folder = path === '' || path === '.' ? '' : `${path.replace(/\/$/, '')}/`;
  const isMeant = stored === pathAttribute(path) || stored.startsWith(folder) || matchesGlob(stored, path);
  const list = audience && JSON.stringify([...audience].sort());
  return isMeant && (list === undefined || store.audience.some((one) => JSON.stringify(one) === list));
}
