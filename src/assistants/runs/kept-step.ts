import type { RunStep } from 'openai/resources/beta/threads/runs/steps';
import type { RanCode } from '../code-interpreter/code-interpreter.ts';
import type { ModelItem } from '../models/model.ts';
import type { ProducedFile } from './writer/produced-files.ts';

/** A place in an answer where a call stands, by its index among the calls of the step. */
export interface CallPlace {
  type: 'call';
  at: number;
  own?: unknown;
  /** Of a search: what was asked, as the model wrote it. */
  arguments?: string;
  /** Of code that the provider has run, until what it left is fetched. */
  ran?: RanCode;
}

/** What the step of an answer's tool calls does not show, and whoever carries the run on needs. */
export interface WholeAnswer {
  usage: RunStep.Usage | null;
  /** By the run, with this answer; estimated where the provider does not tell. */
  spent: RunStep.Usage;
  /** The answer as the model reads it again, up to its last call. */
  order: (ModelItem | CallPlace)[];
  /** What came after the last call; it becomes a message when the calls are answered. */
  textAfter: string;
  /** What the model is told of each call; null for one that was not carried out, for a search, or that a client answers. */
  outputs: (string | null)[];
  /** Written by the step's code. */
  files: ProducedFile[];
  /** The provider runs its code itself, and the answer of which this is a part went on. */
  goesOn?: true;
}

/** A step as it is kept, with what only the server needs of it. */
export interface KeptStep extends RunStep {
  /** On a step of tool calls, once the model has made all of them. */
  answer?: WholeAnswer;
  /** On the step of a message with which the run was over. */
  isLast?: true;
}

/** The step as clients see it. */
export function shown({ answer: _, isLast: __, ...step }: KeptStep): RunStep {
  return step;
}
