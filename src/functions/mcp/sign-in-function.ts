import { FunctionError, type TeamFunction } from '../team-function.ts';
import { functionName } from './names.ts';

/** Stands for the tools of a server that tells nobody of them before somebody has signed in: a call says what to do. */
export function signInFunction(server: string): TeamFunction {
  return {
    name: functionName(server, 'sign_in'),
    description: `Nobody has signed in at the MCP server "${server}" yet, so that its tools are not there. Call this when somebody wants something of it: it says what is to be done.`,
    parameters: { type: 'object', properties: {}, additionalProperties: false },
    strict: false,
    call: async () => {
      throw new FunctionError(
        `Nobody has signed in at the MCP server "${server}": whoever runs Bobbin does so once with "npm start -- mcp login ${server}". Say so.`,
      );
    },
  };
}
