import { z } from 'zod';
import {
  type ApiError,
  either,
  invalidRequest,
  missingParameter,
  shortened,
  unsupportedValue,
} from './api-error.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** The types of parameters, by their names, that an issue tells less exactly than the API does. */
const EXACT_TYPES: Record<string, string> = {
  temperature: 'decimal',
  top_p: 'decimal',
  file_ids: 'array of strings',
  file: 'file',
};

/**
 * What `value` is by `schema`, with its defaults filled in. Throws a 400 ApiError about the first mistake, in
 * the API's words and with the parameter's path. `path` is where the value itself stands in the request.
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown, path: Path = []): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw issue ? toApiError(issue, path) : invalidRequest('The request is not valid.');
}

/** A list within bounds; of one that is longer nothing is looked at. */
export function listOf<T extends z.ZodType>(item: T, { min = 0, max }: { min?: number; max: number }) {
  return z.array(z.unknown()).min(min).max(max).pipe(z.array(item));
}

function toApiError(issue: Issue, parent: Path): ApiError {
  const path = [...parent, ...issue.path];
  const param = paramOf(path);
  if (issue.input === undefined && issue.code !== 'unrecognized_keys') return missingParameter(param);
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(param, [expectedBy(issue, path)], issue.input);
    case 'invalid_value':
      if (typeof issue.input !== 'string') return wrongType(param, [expectedBy(issue, path)], issue.input);
      return unsupportedValue(param, issue.input, issue.values.map(String));
    case 'invalid_key':
      return longKey(path, issue);
    case 'unrecognized_keys':
      return unknownParameter(paramOf([...path, issue.keys[0] ?? '']));
    case 'too_big':
      return outOfRange(path, issue.origin, 'above', issue.maximum, issue.input);
    case 'too_small':
      return outOfRange(path, issue.origin, 'below', issue.minimum, issue.input);
    case 'invalid_format':
      return wrongPattern(param, issue);
    case 'invalid_union':
      return noUnionMember(issue, path);
    case 'custom':
      return wrong(
        param,
        issue.message.replace('{param}', () => param),
        String(issue.params?.code ?? 'invalid_value'),
      );
    default:
      return wrong(param, `Invalid '${param}': ${issue.message}.`, 'invalid_value');
  }
}

/** The mistake in that member of a union which the value resembles most. */
function noUnionMember(issue: z.core.$ZodIssueInvalidUnion, path: Path): ApiError {
  if (issue.discriminator !== undefined) return wrongDiscriminator(issue, path);
  const firsts = issue.errors.flatMap((issues) => issues.slice(0, 1));
  const inside = firsts.find((first) => first.path.length > 0 || first.code === 'unrecognized_keys');
  const word = firsts.find((first) => typeof issue.input === 'string' && first.code !== 'invalid_type');
  const length = firsts.find((first) => first.code === 'too_big' || first.code === 'too_small');
  const resembling = inside ?? word ?? length;
  if (resembling) return toApiError(resembling, path);
  const expected = firsts.map((first) => expectedBy(first, path));
  return wrongType(paramOf(path), [...new Set(expected)], issue.input);
}

function wrongDiscriminator(issue: z.core.$ZodIssueInvalidUnion, path: Path): ApiError {
  const param = paramOf(path);
  const { input } = issue;
  const value = Object(input)[issue.discriminator ?? ''];
  if (value === undefined) return missingParameter(param);
  const supported = 'options' in issue ? (issue.options ?? []).map(String) : [];
  return unsupportedValue(param, value, supported);
}

function wrongType(param: string, expected: string[], input: unknown): ApiError {
  const [first = '', ...others] = expected;
  const wanted = [withArticle(first), ...others].join(' or ');
  const where = param === '' ? 'Invalid type' : `Invalid type for '${param}'`;
  const message = `${where}: expected ${others.length > 0 ? 'one of ' : ''}${wanted}, but got ${described(input)} instead.`;
  return wrong(param, message, 'invalid_type');
}

function unknownParameter(param: string): ApiError {
  return wrong(param, `Unknown parameter: '${param}'.`, 'unknown_parameter');
}

function longKey(path: Path, issue: z.core.$ZodIssueInvalidKey): ApiError {
  const key = String(path.at(-1)).toWellFormed();
  const limit = issue.issues.flatMap((inner) => (inner.code === 'too_big' ? [inner.maximum] : []))[0];
  const message = `Invalid property name in '${paramOf(path.slice(0, -1))}': '${key.slice(0, 3)}...${key.slice(-3)}' is too long. Expected a string with maximum length ${limit}, but got a string with length ${key.length} instead.`;
  return wrong(paramOf(path), message, 'property_name_above_max_length');
}

function outOfRange(
  path: Path,
  origin: string,
  side: 'above' | 'below',
  bound: number | bigint,
  input: unknown,
): ApiError {
  const param = paramOf(path);
  const extreme = side === 'above' ? 'maximum' : 'minimum';
  const code = side === 'above' ? 'above_max' : 'below_min';
  if (origin === 'string' || origin === 'array') {
    const { length } = Object(input);
    const kind = withArticle(origin);
    const [fault, got, name] =
      length === 0
        ? [`empty ${origin}`, `an empty ${origin}`, `empty_${origin}`]
        : [
            `${origin} too ${side === 'above' ? 'long' : 'short'}`,
            `${kind} with length ${length}`,
            `${origin}_${code}_length`,
          ];
    const message = `Invalid '${param}': ${fault}. Expected ${kind} with ${extreme} length ${bound}, but got ${got} instead.`;
    return wrong(param, message, name);
  }
  const kind = exactType('number', path);
  const sign = side === 'above' ? '<=' : '>=';
  const message = `Invalid '${param}': ${kind} ${side} ${extreme} value. Expected a value ${sign} ${bound}, but got ${String(input)} instead.`;
  return wrong(param, message, `${kind}_${code}_value`);
}

function wrongPattern(param: string, issue: z.core.$ZodIssueInvalidStringFormat): ApiError {
  const pattern = (issue.pattern ?? '').replace(/^\/|\/\w*$/g, '');
  const message = `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${pattern}'.`;
  return wrong(param, message, 'invalid_value');
}

function wrong(param: string, message: string, code: string): ApiError {
  return invalidRequest(message, param === '' ? { code } : { param, code });
}

/** A path as the API writes it: `tools[0].function.name`. */
function paramOf(path: Path): string {
  return path.reduce<string>((param, key) => {
    if (typeof key === 'number') return `${param}[${key}]`;
    const name = shortened(String(key));
    return param === '' ? name : `${param}.${name}`;
  }, '');
}

/** What an issue expected, as a noun. */
function expectedBy(issue: Issue, path: Path): string {
  if (issue.code === 'invalid_type') return exactType(issue.expected, path);
  if (issue.code !== 'invalid_value') return 'string';
  const values = issue.values.map((value) => `'${String(value)}'`);
  return values.length === 1 ? values.join() : `one of ${either(values)}`;
}

function exactType(type: string, path: Path): string {
  const names: Record<string, string> = {
    int: 'integer',
    number: 'integer',
    record: 'object',
    array: 'array of objects',
  };
  return EXACT_TYPES[String(path.at(-1))] ?? names[type] ?? type;
}

function described(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number';
  return withArticle(typeof value);
}

function withArticle(noun: string): string {
  if (/^(one of |')/.test(noun)) return noun;
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}
