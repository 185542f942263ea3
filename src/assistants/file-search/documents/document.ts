/** Where in a document something stands, for people; small JSON. All numbers begin at one and ranges hold both ends. */
export interface Place {
  /** The path of the entry or attachment that it stands in, where the file is an archive or an email. */
  path?: string;
  page?: number;
  slide?: number;
  sheet?: string;
  rows?: Range;
  lines?: Range;
}

export type Range = [first: number, last: number];

export type BlockKind = 'heading' | 'text' | 'list' | 'table' | 'code';

/**
 * A piece of a document that belongs together. Its text is plain, or Markdown where that says more: a table has pipes
 * and begins with its header, a list has markers, code that stands between text has fences.
 */
export interface Block {
  kind: BlockKind;
  /** Of a heading: 1 is the highest. */
  level?: number;
  text: string;
  place: Place;
}

/** What a file says, in its order, whatever its format was. */
export interface Document {
  title?: string;
  blocks: Block[];
  /** What of an archive, an email or a PDF could not be read, though the rest could. */
  unread?: Unread[];
}

export interface Unread {
  /** Of an entry or attachment; of a PDF `page 3`. */
  path: string;
  /** A sentence for people. */
  reason: string;
}
