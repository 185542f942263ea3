import type { Logger } from '../log.ts';
import { contained } from './astray.ts';
import type { NamedCall } from './functions.ts';
import { type Output, outputOf } from './output/output.ts';
import type { Secrets } from './output/secrets.ts';
import {
  type CallContext,
  FunctionError,
  type FunctionResult,
  LONGEST_CALL_MS,
  type TeamFunction,
} from './team-function.ts';
import { watched } from './watchdog/watchdog.ts';

/** How long a call may take where its function says nothing, in ms: people look at it and wait. */
const CALL_TIMEOUT_MS = 60_000;

/** Longer messages of errors are cut, in UTF-16 code units. */
const LONGEST_ERROR = 2_000;

export interface CallOptions {
  context: Omit<CallContext, 'signal'>;
  /** Somebody has stopped the reply. */
  stop: AbortSignal;
  secrets: Secrets;
}

/** Calls a function within its time. Never rejects: what goes wrong is told to the model, and the log. */
export async function callFunction(
  team: TeamFunction,
  call: NamedCall,
  { context, stop, secrets }: CallOptions,
): Promise<Output> {
  try {
    const result = await inTime(team, argumentsOf(call), context, stop);
    return outputOf(team.name, result, secrets);
  } catch (error) {
    return failure(secrets.redact(sentenceFor(error, context.log)));
  }
}

/** What the model is told of a name that no function has. */
export function noSuchFunction(name: string): Output {
  return failure(`There is no function named ${JSON.stringify(name)} here.`);
}

async function inTime(
  team: TeamFunction,
  args: unknown,
  context: CallOptions['context'],
  stop: AbortSignal,
): Promise<FunctionResult> {
  using _ = watched();
  const ms = Math.min(team.timeoutMs ?? CALL_TIMEOUT_MS, LONGEST_CALL_MS);
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(tookTooLong(ms)), ms);
  const stopped = () => over.abort(new FunctionError('Somebody has stopped the answer.'));
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
    const astray = (err: unknown) => context.log.error({ err }, 'something that a function began went wrong');
    const call = () => Promise.try(() => team.call(args, { ...context, signal, progress }));
    const result = contained(astray, call);
    return await Promise.race([result, aborted.promise]);
  } finally {
    isOver = true;
    clearTimeout(timer);
    stop.removeEventListener('abort', stopped);
  }
}

function tookTooLong(ms: number): FunctionError {
  return new FunctionError(
    `This call took longer than ${ms / 1_000} seconds and was given up: it may or may not have had its effect. Say so, and check before you call it again.`,
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
