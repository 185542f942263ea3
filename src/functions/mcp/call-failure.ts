import { ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import type { McpServer } from '../../settings/mcp-variables.ts';
import { FunctionError } from '../team-function.ts';
import type { Connection } from './connection.ts';
import { codeOf, failureOf, isTimeout, statusOf } from './failure.ts';
import { bounded } from './words.ts';

/** Of what a server says went wrong, in UTF-16 code units. */
const LONGEST_WORDS = 2_000;

/** What a server answers to a session that it does not know any more, before it does anything: it was started anew. */
const FORGOTTEN: ReadonlySet<number | undefined> = new Set([400, 404]);

/** Codes of a connection that was never made. */
const UNREACHED: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** Why a call failed. */
export interface CallFailure {
  /** Whole sentences for the model. */
  readonly message: string;
  /** The server never had the call, which can be made again without a doubt. */
  readonly wasNotMade: boolean;
}

/** Words for a call that failed. Ends the connection where it is good for nothing any more. */
export async function callFailure(
  error: unknown,
  server: McpServer,
  connection: Connection,
): Promise<CallFailure> {
  const named = `The MCP server "${server.name}"`;
  const answer = answerIn(error, server, named);
  if (answer !== undefined) return { message: answer, wasNotMade: false };
  const failure = failureOf(error, server);
  connection.drop(error);
  const isUnreached = FORGOTTEN.has(statusOf(error)) || UNREACHED.has(codeOf(error));
  if (isUnreached || failure.wantsSignIn)
    return {
      message: `${named} cannot be used: ${failure.told}. The call was not made.`,
      wasNotMade: isUnreached,
    };
  const { told } = await connection.closed;
  const message = `${named} was lost during this call: ${told}. The call may or may not have had its effect, and was not made again: check before you call it again.`;
  return { message, wasNotMade: false };
}

/** What the server itself has to say, or has not said in time; the connection is as good as before. */
function answerIn(error: unknown, server: McpServer, named: string): string | undefined {
  if (error instanceof FunctionError) return error.message;
  if (isTimeout(error))
    return `${named} did not answer this call within ${server.timeoutMs / 1_000} seconds, and was told to stop. It may still have had its effect: check before you call it again.`;
  if (error instanceof ProtocolError)
    return `${named} refused the call: ${bounded(error.message, LONGEST_WORDS)}`;
  if (!(error instanceof SdkError)) return undefined;
  if (error.code === SdkErrorCode.UnsupportedResultType)
    return `${named} wants to ask for more before it goes on, which is not possible here.`;
  if (error.code === SdkErrorCode.InvalidResult) return `${named} gave back something that is no result.`;
  return undefined;
}
