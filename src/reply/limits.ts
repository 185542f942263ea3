/** What fits into one message of a platform. */
export interface Limits {
  /** UTF-16 code units in one part; at least 200; `Infinity` where nothing limits it. */
  characters: number;
  /** Whether the platform shows Markdown tables, or wants them lined up inside a code block. */
  tables: 'markdown' | 'fixed-width';
  /** Whether the platform shows Markdown images (the default), or wants links to them. */
  images?: 'markdown' | 'link';
}
