import type { Logger } from '../log.ts';
import type { IncomingMessage } from '../platform.ts';

/** A JSON schema, as the model is given it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Whose word a call needs before it is made: who asked, anybody in the conversation, or those people and groups. */
export type Approval = 'asker' | 'channel' | readonly string[];

/** A file that people attached to what is being answered. */
export interface AttachedFile {
  readonly name: string;
  /** Media type. */
  readonly type: string;
  /** Size in bytes. */
  readonly size: number;
  /** Its content. Rejects when the platform does not give it. */
  read(): Promise<Uint8Array>;
}

/** What a call is made for. */
export interface CallContext {
  /** Who asked, the last of them where several did. */
  readonly asker: IncomingMessage['author'];
  /** The conversation's id, such as `slack:C0123ABCD:1712345678.000100`. */
  readonly conversation: string;
  readonly attachments: readonly AttachedFile[];
  readonly log: Logger;
  /** Aborted when the call's time is over, or somebody has stopped the reply: what it does then matters no more. */
  readonly signal: AbortSignal;
  /** Says what is being done right now, in a few words; people see it until the call is over. */
  progress(doing: string): void;
}

/** A file that a call gives back: it comes with the reply. */
export interface FunctionFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What can be seen on a picture, for those who do not see it. */
  readonly description?: string;
}

/** What a call gives back. */
export interface FunctionResult {
  /** For the model. */
  readonly text: string;
  readonly files?: readonly FunctionFile[];
}

/** A call went wrong in a way that the model can mend or tell; the message is for it. */
export class FunctionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FunctionError';
  }
}

/** The longest that a call may take: a run ends ten minutes after it began, and the answer is still to be written then. */
export const LONGEST_CALL_MS = 9 * 60_000;

/** A function as the model is told of it, and as it is called. */
export interface TeamFunction {
  /** 1 to 64 letters, digits, `_` and `-`: https://platform.openai.com/docs/api-reference/assistants/createAssistant */
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
  /** Whether the model is held to the schema, which must then be a strict one. */
  readonly strict: boolean;
  readonly approve?: Approval;
  /** Whether a call may be made again when the process died in it. */
  readonly repeatable?: boolean;
  /** Milliseconds that a call may take, at most nine minutes; a minute when left out. */
  readonly timeoutMs?: number;
  /**
   * Looks at arguments before a person is asked about them. Throws a `FunctionError` for what the model can mend. Left out
   * where only the call itself tells.
   * @param args As for `call`, which looks at them again.
   */
  check?(args: unknown, context: Pick<CallContext, 'log' | 'signal'>): Promise<void>;
  /**
   * Makes a call. Throws a `FunctionError` for what the model is told; everything else that is thrown is for the log.
   * @param args What the model gave, parsed from JSON and not checked yet.
   */
  call(args: unknown, context: CallContext): Promise<FunctionResult>;
}

/** Where functions come from. */
export interface FunctionSource {
  /** As the person who runs Bobbin knows it: a folder, or the name of an MCP server. */
  readonly name: string;
  /** As they are now: another list once there are others, each function a plain object. */
  readonly functions: readonly TeamFunction[];
  /** Whether its functions may get other names where theirs are taken: nobody of the team has chosen them. */
  readonly renames?: boolean;
  /** Resolves once it has what it begins with, or has tried for long enough to let people wait no longer. Never rejects. */
  ready?(): Promise<void>;
  close(): Promise<void>;
}
