import { createHash } from 'node:crypto';

/** A tool as its server tells of it: the server's words, which nobody has checked. */
export interface OfferedTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

/** Longer names are no names, in UTF-16 code units. */
const LONGEST_NAME = 256;

/** What a page of a server's list holds for one tool; undefined where that is no tool. */
export function offeredTool(written: unknown): OfferedTool | undefined {
  if (!isMap(written) || typeof written.name !== 'string' || !isMap(written.inputSchema)) return undefined;
  const { name, title, description, inputSchema } = written;
  if (name === '' || name.length > LONGEST_NAME) return undefined;
  return {
    name,
    ...(typeof title === 'string' && { title }),
    ...(typeof description === 'string' && { description }),
    inputSchema,
  };
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Stands for all that the model is told of a tool: another digest is another tool, whatever its name. */
export function digestOf({ name, title, description, inputSchema }: OfferedTool): string {
  const told = JSON.stringify([name, title ?? null, description ?? null, sorted(inputSchema, 0)]);
  return createHash('sha256').update(told).digest('hex');
}

/** Deeper schemas are left out before. */
const DEEPEST = 64;

/** The order of a map's names says nothing. */
function sorted(value: unknown, depth: number): unknown {
  if (depth > DEEPEST) return null;
  if (Array.isArray(value)) return value.map((each) => sorted(each, depth + 1));
  if (!isMap(value)) return value;
  return Object.keys(value)
    .sort()
    .map((name) => [name, sorted(value[name], depth + 1)]);
}
