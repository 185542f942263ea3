import type { Room } from '../file-quota.ts';
import type { Logger } from '../log.ts';
import { contained } from './astray.ts';
import type { NamedCall } from './functions.ts';
import { bytesOf, type Output, outputOf } from './output/output.ts';
import type { Secrets } from './output/secrets.ts';
import { type CallContext, FunctionError, LONGEST_CALL_MS, type TeamFunction } from './team-function.ts';
import { watched } from './watchdog/watchdog.ts';

/** How long a call may take where its function says nothing, in ms: people look at it and wait. */
const CALL_TIMEOUT_MS = 60_000;

/** The same of a look at its arguments, in ms: whoever is to approve it can't see it before. */
const CHECK_TIMEOUT_MS = 10_000;

/** Longer messages of errors are cut, in UTF-16 code units. */
const LONGEST_ERROR = 2_000;

export interface CallOptions {
  context: Omit<CallContext, 'signal'>;
  /** Somebody has stopped the reply. */
  stop: AbortSignal;
  secrets: Secrets;
  /** Counts the bytes of its files, which have no limit together when left out. */
  spend?: Spend;
}

/** @see FileQuota.spend */
export type Spend = <T extends { bytes: number }>(use: (room: Room) => T) => Promise<T>;

/** Calls a function within its time. Never rejects: what goes wrong is told to the model, and the log. */
export async function callFunction(
  team: TeamFunction,
  call: NamedCall,
  options: CallOptions,
): Promise<Output> {
  return orFailure(options, async () => {
    const args = argumentsOf(call);
    const work = (context: CallContext) => team.call(args, context);
    const result = await inTime(work, { ...options, ms: timeOf(team), late: tookTooLong });
    const { secrets, spend } = options;
    if (!spend) return outputOf(team.name, result, secrets);
    const { output } = await spend((room) => {
      const output = outputOf(team.name, result, secrets, room);
      return { bytes: bytesOf(output.files), output };
    });
    return output;
  });
}

/**
 * What the model is told of arguments with which a call would not be made; undefined where nothing speaks against them. So
 * people are asked only about what can be done. Never rejects.
 */
export async function objectionTo(
  team: TeamFunction,
  call: NamedCall,
  options: CallOptions,
): Promise<Output | undefined> {
  return orFailure(options, async () => {
    const args = argumentsOf(call);
    const work = async (context: CallContext) => team.check?.(args, context);
    const ms = Math.min(timeOf(team), CHECK_TIMEOUT_MS);
    await inTime(work, { ...options, ms, late: couldNotBeChecked });
    return undefined;
  });
}

async function orFailure<T>({ context, secrets }: CallOptions, work: () => Promise<T>): Promise<T | Output> {
  try {
    return await work();
  } catch (error) {
    return failure(secrets.redact(sentenceFor(error, context.log)));
  }
}

/** What the model is told of a name that no function has. */
export function noSuchFunction(name: string): Output {
  return failure(`There is no function named ${JSON.stringify(name)} here.`);
}

interface TimedOptions extends CallOptions {
  ms: number;
  /** Why it is given up when that time is over. */
  late: (ms: number) => FunctionError;
}

async function inTime<T>(
  work: (context: CallContext) => Promise<T>,
  { context, stop, ms, late }: TimedOptions,
): Promise<T> {
  using _ = watched();
  const over = new AbortController();
  const astray = (err: unknown) => context.log.error({ err }, 'something that a function began went wrong');
  // Whoever listens to the signal is the team's, too.
  const giveUp = (reason: FunctionError) => contained(astray, () => over.abort(reason));
  const timer = setTimeout(() => giveUp(late(ms)), ms);
  const stopped = () => giveUp(new FunctionError('Somebody has stopped the answer.'));
  stop.addEventListener('abort', stopped);
  if (stop.aborted) stopped();
  const { signal } = over;
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  signal.addEventListener('abort', () => aborted.reject(signal.reason));
  let isOver = false;
  const progress = (doing: string) => {
    if (!isOver) context.progress(doing);
  };
  try {
    signal.throwIfAborted();
    const result = contained(astray, () => Promise.try(work, { ...context, signal, progress }));
    return await Promise.race([result, aborted.promise]);
  } finally {
    isOver = true;
    clearTimeout(timer);
    stop.removeEventListener('abort', stopped);
  }
}

function timeOf({ timeoutMs = CALL_TIMEOUT_MS }: TeamFunction): number {
  return Math.min(timeoutMs, LONGEST_CALL_MS);
}

function tookTooLong(ms: number): FunctionError {
  return new FunctionError(
    `This call took longer than ${ms / 1_000} seconds and was given up: it may or may not have had its effect. Say so, and check before you call it again.`,
  );
}

function couldNotBeChecked(ms: number): FunctionError {
  return new FunctionError(
    `Whether these arguments are right could not be found out within ${ms / 1_000} seconds, so nobody was asked and nothing was done. Say so.`,
  );
}

/** What a model wrote. Some write nothing where there is nothing to say, and some write JSON as a text in JSON. */
function argumentsOf({ arguments: written }: NamedCall): unknown {
  if (written.trim() === '') return {};
  const parsed = parse(written);
  const args = typeof parsed === 'string' ? parse(parsed) : parsed;
  if (typeof args === 'object' && args !== null && !Array.isArray(args)) return args;
  throw new FunctionError(
    'The arguments must be a JSON object, such as {"name": "value"}. Call it again with one.',
  );
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FunctionError(`The arguments are no JSON (${reason}). Call it again with a JSON object.`);
  }
}

function sentenceFor(error: unknown, log: Logger): string {
  if (error instanceof FunctionError) {
    log.info({ reason: error.message }, 'a function could not do what it was called for');
    return error.message.slice(0, LONGEST_ERROR);
  }
  log.error({ err: error }, 'a function failed');
  return 'This call failed, and only the log says why. Tell the person who asked that it did not work.';
}

function failure(error: string): Output {
  return { output: JSON.stringify({ error }), files: [], error };
}
