/** How something stands: it works, it works within a limit, it does not, or nobody can tell from here. */
export type State = 'well' | 'limited' | 'broken' | 'unknown';

/** What somebody who looked has found. */
export interface Finding {
  readonly state: State;
  /** Whole sentences: what stands how and, unless it is well, what to do. */
  readonly text: string;
}

export const well = (text: string): Finding => ({ state: 'well', text });
export const limited = (text: string): Finding => ({ state: 'limited', text });
export const broken = (text: string): Finding => ({ state: 'broken', text });
export const unknown = (text: string): Finding => ({ state: 'unknown', text });

/** One subject of an examination. */
export interface Section {
  readonly title: string;
  /** What is found, as it is found. A `Problem` that is thrown ends it, and is a finding, too. */
  readonly examine: () => AsyncIterable<Finding> | Iterable<Finding>;
}
