/**
 * What the operating system itself keeps a child from, whatever becomes of the locks of Node.js, whose permissions
 * "do not protect against malicious code": https://nodejs.org/api/permissions.html
 */
export type Wall =
  | 'files'
  | 'network'
  | 'processes'
  | 'privileges'
  | 'user'
  | 'calls'
  | 'limits'
  | 'sacrifice';

/** In the order in which they are told. */
export const ALL_WALLS: readonly Wall[] = [
  'files',
  'network',
  'processes',
  'privileges',
  'user',
  'calls',
  'limits',
  'sacrifice',
];

/** What a child is given of the machine. Paths are absolute. */
export interface Place {
  /** Files and folders that it may read, and no others. */
  readonly readable: readonly string[];
  readonly cwd: string;
  /** What it may hold; the operating system stops it well above that, where nobody else did before. */
  readonly memoryBytes: number;
}

/** A way to start a child behind walls, which one machine allows and another does not. */
export interface Construction {
  /** The tools that it is made with, as they are told. */
  readonly name: string;
  /** The command line that starts `command` behind the walls. */
  wrap(command: readonly string[], place: Place): string[];
  /** The file of the filter of system calls, which the first tool reads from descriptor `FILTER_DESCRIPTOR`. */
  readonly filterFile?: string;
}

/** The first descriptor that no child of ours uses. */
export const FILTER_DESCRIPTOR = 4;

/** The walls that were found to stand around the children of this machine. */
export interface Walls {
  readonly construction: Construction;
  readonly standing: ReadonlySet<Wall>;
  /** What better tools said that could not be used here, for whoever wants them to. */
  readonly refusals: readonly string[];
}

/** Node.js's own locks and nothing else. */
export const NODE_ALONE: Walls = {
  construction: { name: 'Node.js', wrap: (command) => [...command] },
  standing: new Set(),
  refusals: [],
};
