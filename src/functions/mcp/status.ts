import type { ChangedTool } from './pins.ts';

/** How a server stands. */
export interface ServerStatus {
  readonly name: string;
  readonly state: 'connecting' | 'connected' | 'failed';
  /** Why it can't be used: a clause with what to do. */
  readonly reason?: string;
  /** Whether somebody has to sign in. */
  readonly wantsSignIn: boolean;
  /** The names under which the model has its tools. */
  readonly functions: readonly string[];
  /** Those that are off until somebody looks at them. */
  readonly changed: readonly ChangedTool[];
  /** What else is worth knowing, each a clause. */
  readonly notes: readonly string[];
}
