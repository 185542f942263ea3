import { z } from 'zod';
import { nearest } from '../../settings/nearest.ts';
import { withoutWhereabouts } from '../../whereabouts.ts';
import { APPROVAL, approval } from '../approval/field.ts';
import { contained } from '../astray.ts';
import { type CallContext, FunctionError, LONGEST_CALL_MS, type TeamFunction } from '../team-function.ts';
import type { FunctionDefinition } from './define-function.ts';
import { resultOf } from './result.ts';
import { jsonSchemaOf } from './schema/json-schema.ts';
import { strictly } from './schema/strict.ts';
import { withoutNulls } from './schema/without-nulls.ts';

/** Some providers take no more. */
const LONGEST_DESCRIPTION = 1_024;

/** So many things that are wrong with arguments are told at once. */
const MOST_TOLD = 10;

/** Longer messages of errors are cut. */
const LONGEST_REASON = 1_000;

const FIELDS = {
  name: z.string().regex(/^[\w-]{1,64}$/),
  description: z.string().trim().min(1).max(LONGEST_DESCRIPTION),
  parameters: z.custom<z.ZodType>((value) => isZod(value)).optional(),
  approve: approval.optional(),
  repeatable: z.boolean().optional(),
  timeoutMs: z.number().min(1).max(LONGEST_CALL_MS).optional(),
  handler: z.custom<FunctionDefinition['handler']>((value) => typeof value === 'function'),
};

/** What each field must be, to go on after "must be". */
const EXPECTED: Record<keyof typeof FIELDS, string> = {
  name: '1 to 64 letters, digits, _ and -',
  description: `a text of 1 to ${LONGEST_DESCRIPTION} characters that tells the model when to call it`,
  parameters: 'a schema of zod 4, such as z.object({ user: z.string() })',
  approve: APPROVAL,
  repeatable: 'true or false',
  timeoutMs: `a number of milliseconds from 1 to ${LONGEST_CALL_MS}`,
  handler: 'a function',
};

const definition = z.strictObject(FIELDS);

/** A definition as a function of the team, and what it can't do that one may expect of it; or all mistakes in it. */
export type Read =
  | { team: TeamFunction; remarks: readonly string[]; mistakes?: never }
  | { mistakes: readonly string[]; team?: never };

/** Whether what a module exports is meant to be a function of the team. */
export function isDefinition(exported: unknown): exported is object {
  return (
    typeof exported === 'object' &&
    exported !== null &&
    ('handler' in exported || ('name' in exported && 'parameters' in exported))
  );
}

/** Reads a definition; every mistake begins with what is wrong, and is a whole sentence. */
export function readDefinition(written: object): Read {
  const { data, error } = definition.safeParse(written);
  if (error) return { mistakes: error.issues.flatMap((issue) => toMistakes(issue, written)) };
  const { parameters = z.object({}), handler, name, description, approve, repeatable, timeoutMs } = data;
  const found = jsonSchemaOf(parameters);
  if (found.mistakes) return { mistakes: found.mistakes };
  const { reasons, ...schema } = strictly(found.schema);
  const checked = (args: unknown) => check(parameters, withoutNulls(args, found.schema));
  const team: TeamFunction = {
    name,
    description,
    ...schema,
    ...(approve !== undefined && { approve }),
    ...(repeatable !== undefined && { repeatable }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    check: (args, context) => told(context, args, async () => void (await checked(args))),
    call: (args, context) =>
      told(context, args, async () => resultOf(await handler(await checked(args), context))),
  };
  const remarks = reasons.map((reason) => `the model can't be held to its parameters, because ${reason}.`);
  return { team, remarks };
}

async function check(parameters: z.ZodType, args: unknown): Promise<unknown> {
  const { data, error } = await parameters.safeParseAsync(args);
  if (!error) return data;
  const told = error.issues
    .slice(0, MOST_TOLD)
    .map(({ path, message }) => `${path.length > 0 ? path.join('.') : 'as a whole'}: ${message}`);
  throw new FunctionError(`The arguments don't match. ${told.join('; ')}. Call it again with others.`);
}

/**
 * Whatever a handler throws is told to the model, also where nobody waits for it; what nobody foresaw without where things
 * are, which is in the log with its stack.
 */
async function told<T>(
  { log, signal }: Pick<CallContext, 'log' | 'signal'>,
  args: unknown,
  work: () => Promise<T>,
): Promise<T> {
  const astray = Promise.withResolvers<never>();
  astray.promise.catch(() => {});
  let isOver = false;
  const report = (err: unknown) => {
    if (isOver || signal.aborted) log.error({ err }, 'something that a function began went wrong');
    else astray.reject(err);
  };
  try {
    return await Promise.race([astray.promise, contained(report, work)]);
  } catch (error) {
    if (error instanceof FunctionError) throw error;
    const isMeant = error instanceof Error && error.name === 'FunctionError';
    if (!isMeant && !signal.aborted) log.error({ err: error }, 'a function failed');
    const said = error instanceof Error ? error.message : error;
    const reason = typeof said === 'string' ? said.slice(0, LONGEST_REASON) : '';
    const unmeant = withoutWhereabouts(reason, JSON.stringify(args)) || 'nobody knows why';
    throw new FunctionError(isMeant ? reason : `It failed: ${unmeant}`, {
      cause: error,
    });
  } finally {
    isOver = true;
  }
}

function isZod(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '_zod' in value && 'safeParseAsync' in value;
}

function toMistakes(issue: z.core.$ZodIssue, written: object): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map(unknownField);
  const [field] = issue.path;
  if (!isField(field)) return ['it must be as defineFunction takes it.'];
  const isThere = (written as Record<string, unknown>)[field] !== undefined;
  return [`its ${field} ${isThere ? 'must be' : 'is missing: it must be'} ${EXPECTED[field]}.`];
}

function unknownField(name: string): string {
  const meant = nearest(name, Object.keys(FIELDS));
  const advice = meant ? `Did you mean ${meant}?` : `The fields are: ${Object.keys(FIELDS).join(', ')}.`;
  return `${name} is not a field of a function. ${advice}`;
}

function isField(name: PropertyKey | undefined): name is keyof typeof FIELDS {
  return name !== undefined && Object.hasOwn(FIELDS, name);
}
