import type { McpEntry } from '../../settings/mcp-fields.ts';
import type { JsonSchema, TeamFunction } from '../team-function.ts';
import { argumentsCheck } from './check.ts';
import { descriptionOf } from './description.ts';
import type { Listing } from './listing.ts';
import { fits, functionName } from './names.ts';
import { parametersOf } from './parameters.ts';
import type { Verdict } from './pins.ts';
import type { OfferedTool } from './tool.ts';

/** So many tools of one server are given to the model: a run takes 128 functions from everywhere. */
export const MOST_FUNCTIONS = 100;

/** A tool that `assistant.md` lets in, and that can be a function. */
export interface Candidate {
  readonly tool: OfferedTool;
  readonly parameters: JsonSchema;
}

/** Picks out of a list what may become functions; the notes say what is left out, each a clause. */
export function candidates(server: McpEntry, listing: Listing): { found: Candidate[]; notes: string[] } {
  const { allow, deny } = server;
  const isLetIn = ({ name }: OfferedTool) =>
    (allow?.some((pattern) => fits(pattern, name)) ?? true) && !deny.some((pattern) => fits(pattern, name));
  const notes = [...listing.notes];
  const letIn = listing.tools.filter(isLetIn);
  const missing = allow?.filter((pattern) => !listing.tools.some(({ name }) => fits(pattern, name))) ?? [];
  if (missing.length > 0) notes.push(`it has no tool ${missing.join(', ')}, which allow names`);
  const found = letIn.flatMap((tool) => {
    const parameters = parametersOf(tool.inputSchema);
    if (!parameters)
      notes.push(`${functionName(server.name, tool.name)} takes arguments that are too much to describe`);
    return parameters ? [{ tool, parameters }] : [];
  });
  if (found.length > MOST_FUNCTIONS)
    notes.push(
      `it offers ${found.length} tools, of which the first ${MOST_FUNCTIONS} are used: name those you want in allow`,
    );
  return { found: found.slice(0, MOST_FUNCTIONS), notes };
}

/** What is on of the candidates, and how it is called. */
export function functionsOf(
  server: McpEntry,
  found: readonly Candidate[],
  verdicts: ReadonlyMap<string, Verdict>,
  call: (tool: OfferedTool) => TeamFunction['call'],
): TeamFunction[] {
  const isOn = ({ tool }: Candidate) => ['same', 'new'].includes(verdicts.get(tool.name) ?? '');
  const functions = found.filter(isOn).map(({ tool, parameters }): TeamFunction => {
    const approve = server.approve.find(({ tools }) => fits(tools, tool.name))?.whose;
    return {
      name: functionName(server.name, tool.name),
      description: descriptionOf(server.name, tool),
      parameters,
      strict: false,
      timeoutMs: server.timeoutMs,
      ...(approve && { approve }),
      check: argumentsCheck(tool),
      call: call(tool),
    };
  });
  // A server can choose its tools' names so that two of them are one once they are cut.
  return [...new Map(functions.toReversed().map((one) => [one.name, one])).values()].toReversed();
}
