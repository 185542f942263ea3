import type { CodeRequest, RanCode } from '../code-interpreter/code-interpreter.ts';

/**
 * The port between the run loop and whatever writes the answers. One file in this folder for each way to
 * reach a model; the run loop knows only what stands here.
 */
export interface Model {
  /**
   * Streams one answer to `request`. The last event is `end`. Throws `ModelError` when the provider fails and
   * stops promptly, by throwing the signal's reason, when `signal` aborts.
   */
  respond(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;

  /**
   * Gives an answer that a `resumable` told of, whoever heard that, once more from its beginning and on to its end; nothing
   * at all when the provider does not have it any more, or it came to nothing. Left out where no answer outlives its
   * connection.
   */
  resume?(request: ModelRequest, answer: unknown, signal: AbortSignal): AsyncIterable<ModelEvent>;

  /** Ends such an answer, which would go on at its provider though nobody takes it. Never throws. */
  cancel?(answer: unknown): Promise<void>;

  /** The models that the provider offers; empty when it does not say. Never throws. */
  offered(signal: AbortSignal): Promise<OfferedModel[]>;

  /** The provider runs code itself where it can: its requests want `python`. */
  readonly hostsCode?: true;
}

/** A model as its provider lists it. */
export interface OfferedModel {
  id: string;
  /** Unix time in seconds. */
  created?: number;
  ownedBy?: string;
}

/** Everything that a model needs for one answer. Settings left out are the provider's own defaults. */
export interface ModelRequest {
  model: string;
  instructions: string;
  items: ModelItem[];
  tools: ModelFunction[];
  toolChoice: 'auto' | 'none' | 'required' | { name: string };
  parallelToolCalls: boolean;
  temperature?: number;
  topP?: number;
  maxOutputTokens?: number;
  reasoningEffort?: string;
  /** The Assistants API's `response_format`, when it asks for JSON. */
  responseFormat?: { type: 'json_object' } | { type: 'json_schema'; json_schema: JsonSchemaFormat };
  /** The code interpreter of the run, for a provider that runs code itself. */
  python?: RunPython;
}

/** What a provider needs to run a run's code itself. */
export interface RunPython extends Pick<CodeRequest, 'session' | 'files'> {
  /** The name of the code interpreter among the tools. */
  name: string;
  /** The container at the provider, once there is one. */
  container?: string;
}

export interface JsonSchemaFormat {
  name: string;
  description?: string;
  schema?: Record<string, unknown>;
  strict?: boolean | null;
}

/** A function that the model may call; the code interpreter is one of them to the model. */
export interface ModelFunction {
  name: string;
  description?: string;
  parameters: Record<string, unknown>;
  strict?: boolean;
}

/**
 * What was said and done so far, oldest first. A `tool_call` is always followed by its `tool_output`. Calls are as the
 * model made them: names and arguments may be anything.
 */
export type ModelItem =
  | { type: 'message'; role: 'user' | 'assistant'; content: ModelContent[] }
  | { type: 'tool_call'; callId: string; name: string; arguments: string; own?: unknown }
  | { type: 'tool_output'; callId: string; output: string }
  | { type: 'provider'; item: unknown };

/** `url` is `http:`, `https:` or `data:`. */
export type ModelContent =
  | { type: 'text'; text: string }
  | { type: 'image'; url: string; detail?: 'auto' | 'low' | 'high' };

/**
 * What a model sends. `tool_call` comes before anything else of the same `index`; indices count up from 0 within one
 * answer. A `provider_item` (such as encrypted reasoning) is opaque: within the same run it is sent back as a
 * `provider` item, at the place where it came, and in later runs, too, when it is `lasting`. So is `own`, which
 * belongs to a call and comes back with it for ever. Both are JSON, and know whose they are: another model passes
 * over them.
 * A `resumable` comes before anything else, and only from a model that can `resume`: its `answer` is JSON, too.
 * A `withdraw` takes back the text that came since the answer, or its last tool call, began: it was the model's thought.
 * Where the provider runs code itself, `tool_ran` tells what became of a call, `cited_file` that the text links to a file in
 * the provider's container, and `file` brings such a one. At a `pause` all calls so far have run, and the answer goes on by
 * itself: whoever takes it can write down what there is before it takes more.
 */
export type ModelEvent =
  | { type: 'resumable'; answer: unknown }
  | { type: 'text'; delta: string }
  | { type: 'refusal'; delta: string }
  | { type: 'withdraw' }
  | { type: 'tool_call'; index: number; callId: string; name: string }
  | { type: 'tool_arguments'; index: number; delta: string }
  | { type: 'tool_own'; index: number; own: unknown }
  | { type: 'tool_ran'; index: number; ran: RanCode }
  | { type: 'cited_file'; container: string; id: string; name: string }
  | { type: 'file'; name: string; bytes: Uint8Array }
  | { type: 'pause' }
  | { type: 'provider_item'; item: unknown; lasting?: boolean }
  | { type: 'usage'; promptTokens: number; completionTokens: number }
  | { type: 'end'; reason: 'stop' | 'length' | 'content_filter' };

/** The codes of a failed run's `last_error`. */
export type ModelErrorCode = 'server_error' | 'rate_limit_exceeded' | 'invalid_prompt';

/**
 * What of a conversation a provider refuses, so that it may take it without: pictures at all (`images`), one that it
 * cannot read (`image`), a body so large by its pictures (`size`), or words that its filter does not let pass
 * (`words`).
 */
export type RefusedContent = 'images' | 'image' | 'size' | 'words';

/**
 * What is wrong with code that the provider is to run itself: its container is `gone`, or the model or the provider
 * runs none (`refused`).
 */
export type HostedTrouble = 'gone' | 'refused';

/** What can be done about a failure besides telling a person, and what of it clients are told. */
export interface ModelErrorDetails {
  hosted?: HostedTrouble;
  contextExceeded?: boolean;
  refused?: RefusedContent;
  unknownModel?: boolean;
  /** The whole message when left out. */
  forClients?: string;
}

/** A provider's failure, in sentences that a person can act on and that hold no secret. */
export class ModelError extends Error {
  readonly code: ModelErrorCode;
  /** The conversation does not fit into the model's context: a shorter one may. */
  readonly contextExceeded: boolean;
  readonly refused: RefusedContent | undefined;
  /** The provider has no model of the name that was asked for. */
  readonly unknownModel: boolean;
  readonly hosted: HostedTrouble | undefined;
  /** What the message says, without what only the person who runs the server may know and mend. */
  readonly forClients: string;

  constructor(code: ModelErrorCode, message: string, options: ErrorOptions & ModelErrorDetails = {}) {
    super(message, options);
    this.name = 'ModelError';
    this.code = code;
    this.contextExceeded = options.contextExceeded ?? false;
    this.refused = options.refused;
    this.unknownModel = options.unknownModel ?? false;
    this.hosted = options.hosted;
    this.forClients = options.forClients ?? message;
  }
}
