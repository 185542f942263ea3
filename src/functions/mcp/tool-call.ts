import type { Progress } from '@modelcontextprotocol/client';
import type { McpServer } from '../../settings/mcp-variables.ts';
import { withoutWhereabouts } from '../../whereabouts.ts';
import { FunctionError, type TeamFunction } from '../team-function.ts';
import type { Connection } from './connection.ts';
import { functionResult } from './result.ts';
import { isMap, type OfferedTool } from './tool.ts';
import { boundedLine, withoutSecrets } from './words.ts';

/** Of what a server says that it is doing, in UTF-16 code units. */
const LONGEST_PROGRESS = 120;

const NOT_ALL_TOLD = 'a call of a tool failed, and not all of why is told';

export interface CallParts {
  /** The connection that there is, or the one that is made now. Throws a `FunctionError` when there is none. */
  readonly connectionFor: (signal: AbortSignal) => Promise<Connection>;
  /** What the server may not give back to the model. */
  readonly secrets: () => readonly string[];
}

/** How a tool of a server is called: again only where the server cannot have had the call. */
export function toolCall(tool: OfferedTool, server: McpServer, parts: CallParts): TeamFunction['call'] {
  return async (args, { signal, progress, log }) => {
    if (!isMap(args)) throw new FunctionError('The arguments must be a JSON object.');
    const { timeoutMs } = server;
    const onProgress = (told: Progress) => progress(doing(told));
    for (let isRepeated = false; ; isRepeated = true) {
      const connection = await parts.connectionFor(signal);
      try {
        const result = await connection.call(tool, args, { signal, timeoutMs, onProgress });
        const { text, ...files } = await functionResult(tool.name, result, (uri) =>
          connection.read(uri, signal),
        );
        return { text: withoutSecrets(text, parts.secrets()), ...files };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        // Loaded with the client, which is there by now.
        const { callFailure } = await import('./call-failure.ts');
        const failure = await callFailure(error, server, connection);
        if (failure.wasNotMade && !isRepeated) continue;
        const reason = withoutSecrets(failure.message, parts.secrets());
        const told = withoutWhereabouts(reason, JSON.stringify(args));
        if (told !== reason) log.warn({ reason, server: server.name }, NOT_ALL_TOLD);
        throw new FunctionError(told, { cause: error });
      }
    }
  };
}

/** What people see of a server's progress. */
function doing({ progress, total, message }: Progress): string {
  if (message) return boundedLine(message, LONGEST_PROGRESS);
  return total ? `${progress} of ${total}` : `${progress}`;
}
