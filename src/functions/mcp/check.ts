import { FunctionError, type TeamFunction } from '../team-function.ts';
import { mapSchema } from './schema.ts';
import { isMap, type OfferedTool } from './tool.ts';
import { boundedLine } from './words.ts';

/** Of what is wrong with arguments, in UTF-16 code units: it may quote the arguments. */
const LONGEST_WORDS = 1_000;

/** Says of something only that what is told next is wrong in it. */
const ABOVE = /did not match schema$|does not match( additional properties)? schema$/;

/**
 * How arguments are looked at before a person is asked about them: by the tool's own schema, as far as that can be followed
 * here. Its server has the last word.
 */
export function argumentsCheck({ inputSchema }: OfferedTool): NonNullable<TeamFunction['check']> {
  return async (args) => {
    const wrong = await mistakeIn(args, inputSchema);
    if (wrong === undefined) return;
    const words = boundedLine(wrong, LONGEST_WORDS);
    throw new FunctionError(`The arguments don't match. ${words}. Call it again with others.`);
  };
}

/** The first thing that is wrong. */
async function mistakeIn(
  args: unknown,
  inputSchema: OfferedTool['inputSchema'],
): Promise<string | undefined> {
  // It makes no code of what a server says; loaded only where it is used.
  const { CfWorkerJsonSchemaValidator } = await import('@modelcontextprotocol/client/validators/cf-worker');
  try {
    const look = new CfWorkerJsonSchemaValidator().getValidator(withoutExpressions(inputSchema));
    const { valid, errorMessage = '' } = look(args);
    return valid ? undefined : readable(errorMessage);
  } catch {
    // A reference that leads nowhere, or a dialect that is not known.
    return undefined;
  }
}

/** Such as `#: Property "path" does not match schema.; #/path: String is too short (1 < 2).` without what says nothing. */
function readable(message: string): string {
  const clauses = message.split('; ').map((clause) => clause.replace(/\.$/, ''));
  const told = clauses.filter((clause) => !ABOVE.test(clause)).map(inWords);
  return told.join('; ');
}

function inWords(clause: string): string {
  const [, place = '', what = clause] = /^#\/?(.*?): (.*)$/s.exec(clause) ?? [];
  const said = what === 'False boolean schema' ? 'there is no such parameter' : what;
  return `${place || 'as a whole'}: ${said}`;
}

/** An expression of a server's can be made to compute without end, so none is followed here. */
function withoutExpressions(schema: OfferedTool['inputSchema']): Record<string, unknown> {
  return mapSchema(schema, ({ pattern: _, patternProperties, ...rest }) => {
    if (!isMap(patternProperties)) return rest;
    const { additionalProperties: __, unevaluatedProperties: ___, ...others } = rest;
    return others;
  });
}
