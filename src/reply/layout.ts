/** What fits into one message of a platform. */
export interface Limits {
  /** UTF-16 code units in one part; at least 200; `Infinity` where nothing limits it. */
  characters: number;
  /** Whether the platform shows Markdown tables, or wants them lined up inside a code block. */
  tables: 'markdown' | 'fixed-width';
}

/** One message's worth of a reply. What people see is `opening + source + closing`. */
export interface Part {
  /** The fence that the part before left open, opened again. */
  opening: string;
  /** This part's slice of the reply's Markdown. */
  source: string;
  /** What closes a fence that is still open at the end. */
  closing: string;
}
