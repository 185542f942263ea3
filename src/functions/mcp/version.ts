import {
  type JSONRPCMessage,
  ProtocolError,
  SUPPORTED_PROTOCOL_VERSIONS,
  UnsupportedProtocolVersionError,
} from '@modelcontextprotocol/client';
import { isMap } from './tool.ts';

/** The first version that greets in another way, which is tried where the usual greeting is refused. */
export const NEWEST_VERSION = '2026-07-28';

/** A server speaks no version of the protocol that Bobbin speaks. */
export class OtherVersion extends Error {
  constructor(versions: readonly string[]) {
    const known = [...SUPPORTED_PROTOCOL_VERSIONS, NEWEST_VERSION].sort();
    super(
      `it speaks version ${versions.join(', ')} of MCP, and Bobbin ${known[0]} to ${known.at(-1)}: use another release of the server`,
    );
  }
}

/** The version that a message says its server speaks; only the answer to a greeting says one. */
export function versionIn(message: JSONRPCMessage): string | undefined {
  const result: unknown = 'result' in message ? message.result : undefined;
  return isMap(result) && typeof result.protocolVersion === 'string' ? result.protocolVersion : undefined;
}

/** What a failed greeting means, given the version that the server answered. */
export function versionFailure(error: unknown, answered: string | undefined): unknown {
  if (answered !== undefined && !SUPPORTED_PROTOCOL_VERSIONS.includes(answered))
    return new OtherVersion([answered]);
  if (error instanceof UnsupportedProtocolVersionError && !error.supported.includes(NEWEST_VERSION))
    return new OtherVersion(error.supported);
  return error;
}

/** Whether a server that answered so may know the other greeting. */
export function mayGreetOtherwise(error: unknown, status: number | undefined): boolean {
  return error instanceof ProtocolError || status === 400;
}
