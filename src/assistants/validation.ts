import type { z } from 'zod';
import { type ApiError, invalidRequest, missingParameter, shortened, unsupportedValue } from './api-error.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/**
 * What `value` is by `schema`, with its defaults filled in. Throws a 400 ApiError about the first mistake, in
 * the API's words and with the parameter's path.
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw issue ? toApiError(issue, []) : invalidRequest('The request is not valid.');
}

function toApiError(issue: Issue, parent: Path): ApiError {
  const path = [...parent, ...issue.path];
  const param = paramOf(path);
  if (issue.input === undefined && issue.code !== 'unrecognized_keys') return missingParameter(param);
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(param, [nameOfType(issue.expected)], issue.input);
    case 'invalid_value':
      return unsupportedValue(param, issue.input, issue.values.map(String));
    case 'unrecognized_keys':
      return unknownParameter(paramOf([...path, issue.keys[0] ?? '']));
    case 'too_big':
      return outOfRange(param, issue.origin, 'above', issue.maximum, issue.input);
    case 'too_small':
      return outOfRange(param, issue.origin, 'below', issue.minimum, issue.input);
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
  const sameType = firsts.find((first) => first.code !== 'invalid_type');
  const resembling = inside ?? (typeof issue.input === 'object' ? undefined : sameType);
  if (resembling) return toApiError(resembling, path);
  const expected = firsts.map((first) =>
    first.code === 'invalid_type' ? nameOfType(first.expected) : 'string',
  );
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
  const wanted =
    expected.length === 1 ? withArticle(expected.join()) : `one of ${expected.map(withArticle).join(' or ')}`;
  const where = param === '' ? 'Invalid type' : `Invalid type for '${param}'`;
  return wrong(param, `${where}: expected ${wanted}, but got ${described(input)} instead.`, 'invalid_type');
}

function unknownParameter(param: string): ApiError {
  return wrong(param, `Unknown parameter: '${param}'.`, 'unknown_parameter');
}

function outOfRange(
  param: string,
  origin: string,
  side: 'above' | 'below',
  bound: number | bigint,
  input: unknown,
): ApiError {
  const extreme = side === 'above' ? 'maximum' : 'minimum';
  const code = side === 'above' ? 'above_max' : 'below_min';
  if (origin === 'string' || origin === 'array') {
    const { length } = Object(input);
    const size = side === 'above' ? 'too long' : 'too short';
    const kind = withArticle(origin);
    const message = `Invalid '${param}': ${origin} ${size}. Expected ${kind} with ${extreme} length ${bound}, but got ${kind} with length ${length} instead.`;
    return wrong(param, message, `${origin}_${code}_length`);
  }
  const kind = Number.isInteger(input) ? 'integer' : 'decimal';
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

function nameOfType(expected: string): string {
  const names: Record<string, string> = { int: 'integer', record: 'object' };
  return names[expected] ?? expected;
}

function described(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number';
  return withArticle(typeof value);
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}
