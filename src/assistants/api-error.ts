/** How much of what a client sent is repeated to it, in characters. */
const MAX_QUOTE = 100;

export type ApiErrorType = 'invalid_request_error' | 'server_error';

interface ApiErrorDetails {
  type?: ApiErrorType;
  /** The parameter that is wrong, as a path such as `tools[0].function.name`. */
  param?: string;
  code?: string;
}

/** An error that the client is told, in the words of OpenAI's API. Routes throw it; the app answers with it. */
export class ApiError extends Error {
  readonly status: 400 | 401 | 404 | 405 | 413 | 500 | 503;
  readonly type: ApiErrorType;
  readonly param: string | null;
  readonly code: string | null;

  constructor(status: ApiError['status'], message: string, details: ApiErrorDetails = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.type = details.type ?? 'invalid_request_error';
    this.param = details.param ?? null;
    this.code = details.code ?? null;
  }

  /** The body of the answer. */
  toJSON() {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

/** 400: the request can't be done as it stands. */
export function invalidRequest(message: string, details: Omit<ApiErrorDetails, 'type'> = {}): ApiError {
  return new ApiError(400, message, details);
}

/**
 * 404 for whatever has an id, but for files and models.
 * Wording: https://github.com/FlowiseAI/Flowise/issues/2495
 */
export function notFound(
  kind: 'assistant' | 'thread' | 'message' | 'run' | 'run step' | 'vector store' | 'file batch',
  id: string,
): ApiError {
  return new ApiError(404, `No ${kind} found with id '${id}'.`);
}

/** 404 for a model. */
export function noSuchModel(name: string): ApiError {
  const message = `The model '${shortened(name)}' does not exist`;
  return new ApiError(404, message, { param: 'model', code: 'model_not_found' });
}

/**
 * 400 for a model that an assistant or a run can't have; `offered` lists those that it can.
 * Wording: https://github.com/skorokithakis/sysaidmin/issues/9
 */
export function modelNotOffered(name: string, offered: string): ApiError {
  return invalidRequest(requestedModel(name, offered), { param: 'model', code: 'model_not_found' });
}

/** The sentence for a model that does not exist, and for those that do. */
export function requestedModel(name: string, offered: string): string {
  const others = offered === '' ? '' : ` These do: ${offered}.`;
  return `The requested model '${shortened(name)}' does not exist.${others}`;
}

/** 404 for a file, which the API words in its own way. */
export function noSuchFile(id: string, param = 'id'): ApiError {
  return new ApiError(404, `No such File object: ${id}`, { param });
}

/** 404 for a file that a vector store does not have. */
export function notInStore(fileId: string, vectorStoreId: string): ApiError {
  return new ApiError(404, `No file found with id '${fileId}' in vector store '${vectorStoreId}'.`);
}

/**
 * 400 for a file that is meant for something else; the Files API has its own words for it.
 * Wording: https://github.com/openai/openai-python/issues/327
 */
export function noSuchPurpose(purpose: string, known: readonly string[]): ApiError {
  const list = known.map((name) => `'${name}'`).join(', ');
  return invalidRequest(`'${shortened(purpose)}' is not one of [${list}] - 'purpose'`, { param: 'purpose' });
}

/** 404 for an address that the API does not have. */
export function invalidUrl(method: string, path: string): ApiError {
  return new ApiError(404, `Invalid URL (${method} ${path})`);
}

/** 405 for an address that the API has, but not for this method. */
export function wrongMethod(method: string, path: string): ApiError {
  const hint = '(HINT: Perhaps you meant to use a different HTTP method?)';
  return new ApiError(405, `Not allowed to ${method} on ${path}. ${hint}`);
}

/** 413: `limit` is in bytes. */
export function tooLarge(limit: number): ApiError {
  return new ApiError(413, `Maximum content size limit (${limit}) exceeded.`);
}

/** 500: tells nothing about the cause, which may hold secrets; the cause is for the log. */
export function serverError(
  message = 'The server had an error while processing your request. Sorry about that!',
): ApiError {
  return new ApiError(500, message, { type: 'server_error' });
}

/** 503: nothing has been done, so the SDK may ask again, of the server's next process. */
export function serverStopping(): ApiError {
  return new ApiError(503, 'The server is being stopped. Please try again in a moment.', {
    type: 'server_error',
  });
}

/**
 * 400: a parameter that must be there is not.
 * Wording: https://github.com/openai/openai-python/issues/1335
 */
export function missingParameter(param: string): ApiError {
  return invalidRequest(`Missing required parameter: '${param}'.`, {
    param,
    code: 'missing_required_parameter',
  });
}

/** 400: a parameter has a value that is none of `supported`. */
export function unsupportedValue(param: string, value: unknown, supported: readonly string[]): ApiError {
  const list = listed(
    'conjunction',
    supported.map((name) => `'${name}'`),
  );
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return invalidRequest(`Invalid value: '${shortened(shown)}'. Supported values are: ${list}.`, {
    param,
    code: 'invalid_value',
  });
}

/** One of several words, as the API lists them. */
export function either(words: string[]): string {
  return listed('disjunction', words);
}

/** The formatter is made when something is wrong: it takes longer than most of what a start needs. */
function listed(type: Intl.ListFormatType, words: string[]): string {
  return new Intl.ListFormat('en-US', { type }).format(words);
}

/** The beginning of a text that is too long to repeat whole. */
export function shortened(text: string): string {
  return text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE).toWellFormed()}…` : text;
}
