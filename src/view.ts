/** What people should see of a reply by now. */
export interface View {
  /** A part with a successor never changes again. */
  readonly parts: readonly Part[];
  /** The tools that were called, for platforms that show them beside the text. */
  readonly calls: readonly PlacedCall[];
  /** Images and other files of the answer, in order; a platform shows those that it has not shown yet. */
  readonly files: readonly ReplyFile[];
  /** Set once nothing more comes. */
  readonly outcome?: Outcome;
}

export interface ReplyFile {
  readonly id: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What an image shows, for those who can't see it; one line of at most 1,000 characters. */
  readonly description?: string;
}

/** How a turn ended. `error` is a sentence for the person who asked; `notice` too, of an answer that is not all shown. */
export type Outcome =
  | { status: 'completed'; notice?: string }
  | { status: 'stopped' }
  | { status: 'failed'; error: string };

/** What fits into one message of a platform. */
export interface Limits {
  /** UTF-16 code units in one part; at least 200; `Infinity` where nothing limits it. */
  characters: number;
  /** Whether the platform shows Markdown tables, or wants them lined up inside a code block. */
  tables: 'markdown' | 'fixed-width';
  /** Whether the platform shows Markdown images (the default), or wants links to them. */
  images?: 'markdown' | 'link';
  /**
   * Of what the platform makes links by itself: of addresses with a scheme, or of every dotted name, too. Left out where it
   * makes none, and shows them as they are written.
   */
  autolinks?: 'addresses' | 'names';
  /** Whether the platform shows code as Markdown has it (the default), or between fences of three backticks alone. */
  fences?: 'markdown' | 'backticks';
}

/** One message's worth of a reply. */
export interface Part {
  /** What opens again what the part before left open: a fence, or a table's header. */
  opening: string;
  /** This part's slice of the reply's Markdown. */
  source: string;
  /** What closes a fence that is still open at the end. */
  closing: string;
  /**
   * What people see, never longer than the limit: `opening + source + closing` without white space at its ends, and
   * with what the platform does not show put in another way.
   */
  text: string;
}

/** How far a message or a step is. */
export type Status = 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled' | 'expired';

/** What a code-interpreter call put out: text, or the id of an image file. */
export type CodeOutput =
  | { readonly index: number; readonly type: 'logs'; readonly logs: string }
  | { readonly index: number; readonly type: 'image'; readonly file_id: string };

export interface CodeInterpreterCall {
  readonly type: 'code_interpreter';
  readonly index: number;
  readonly id: string;
  readonly input: string;
  readonly outputs: readonly CodeOutput[];
}

export interface FileSearchCall {
  readonly type: 'file_search';
  readonly index: number;
  readonly id: string;
  /** Best first; empty until the step is complete. */
  readonly results: readonly SearchResult[];
}

/** A passage that a search found. What the server does not tell of it is left out. */
export interface SearchResult {
  readonly file_id: string;
  readonly file_name: string;
  /** From 0 to 1. */
  readonly score: number;
  /** What is said of the document: its title, its address, its date. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly place?: DocumentPlace;
  /** The headings that the passage stands under, outermost first. */
  readonly headings?: readonly string[];
}

/** Where in its document a passage stands, counted from 1; what the document does not have is left out. */
export interface DocumentPlace {
  readonly page?: number;
  readonly slide?: number;
  readonly sheet?: string;
  /** The first and the last. */
  readonly rows?: readonly [number, number];
  readonly lines?: readonly [number, number];
}

export interface FunctionCall {
  readonly type: 'function';
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  /** Null until it was submitted. */
  readonly output: string | null;
  /** What it does right now, on one line, as the function itself says; left out where it says nothing, or is over. */
  readonly doing?: string;
  /** Left out where it needs nobody's word, or nobody was asked yet. */
  readonly approval?: ApprovalState;
}

/** Whether a call may be made that needs a person's word. */
export interface ApprovalState {
  /** At most 16 letters, digits, `-` and `_`; unique in its conversation. */
  readonly id: string;
  /** Tells it from others that are asked at the same time; left out where there are none. */
  readonly number?: number;
  /** Whose word it needs, as the end of a sentence of Markdown. */
  readonly of: string;
  /** Since when people's newer messages have to wait for it (Unix time in ms); left out while there are none. */
  readonly holdsSince?: number;
  /** Left out until it is decided. */
  readonly decision?: Decision;
}

/** What became of a question whether a call may be made. */
export interface Decision {
  readonly isApproved: boolean;
  /** Unix time in ms. */
  readonly at: number;
  /** Left out where nobody said anything in time. */
  readonly by?: Person;
  /** Why not, in their words. */
  readonly reason?: string;
}

/** One tool call as far as it is known. */
export type ToolCall = CodeInterpreterCall | FileSearchCall | FunctionCall;

/** A tool call, and where in a reply's Markdown it stands. */
export interface PlacedCall {
  /** Unique in the reply. */
  readonly id: string;
  readonly call: ToolCall;
  /** How far its step is. */
  readonly status: Status;
  /** So many characters of the Markdown come before it; a block ends there. Never changes. */
  readonly at: number;
  /** Its code and output are not shown: they come as a file. */
  readonly isFolded?: true;
}

export interface Person {
  readonly id: string;
  readonly name: string;
}
