/** A refusal as far as it is looked at here. */
interface Refusal {
  status?: number;
  code: string;
  words: string;
}

/** What ails a provider, by the words of servers as they are: each says the same in words of its own. */
type Symptom = (refusal: Refusal) => boolean;

/** The account has no money or no quota left: waiting does not help. */
export const isQuotaUsedUp: Symptom = ({ status, code, words }) =>
  status === 402 ||
  /insufficient_quota|insufficient balance|billing|exceeded your current quota/i.test(`${code} ${words}`);

/**
 * The words of OpenAI (`context_length_exceeded`), vLLM ("maximum context length"), llama.cpp
 * (https://github.com/ggml-org/llama.cpp/pull/15780), llama-cpp-python, Ollama and LM Studio; and a body that is too
 * large for the server.
 */
export const isContextExceeded: Symptom = (refusal) => {
  const known =
    /context_length_exceeded|exceed_context_size|maximum context length|context (size|length|window)|prompt (is )?too long|too many tokens|input length exceeds/i;
  return isTooLarge(refusal) || known.test(`${refusal.code} ${refusal.words}`);
};

/** The request's body has too many bytes for the server, or for a proxy before it. */
export const isTooLarge: Symptom = ({ status, words }) =>
  status === 413 || /\b(request|payload|entity|body)( entity| body| size)?( is)? too large/i.test(words);

/** Hugging Face, llama.cpp and LM Studio, while they bring a model into memory or wait for somebody to do so. */
export const isLoading: Symptom = ({ words }) =>
  /\bmodel\b.{0,120}\b(is|currently|still|being) loading|loading (the )?model|\bno models? (is |are )?(currently )?loaded|model\b.{0,120}\bnot (yet )?loaded|warming up/i.test(
    words,
  );

/** The model's server runs no tools: Ollama, OpenRouter, vLLM and llama.cpp without the flags for it. */
export const lacksTools: Symptom = ({ words }) =>
  /not support (tools|tool (use|call|choice)|function call)|support tool (use|calling|choice)|\b(tools|tool use|tool calling|function calling)\W{0,3} (is|are) not (supported|enabled|available)|tool-call-parser|enable-auto-tool-choice|--jinja/i.test(
    words,
  );

/** The provider has no such model, or no longer. */
export const isUnknownModel: Symptom = ({ status, code, words }) => {
  const coded = /model_not_(found|available|supported)|unknown_model|invalid_model|DeploymentNotFound/;
  if (coded.test(code)) return true;
  const missing =
    /\bmodels?\b.*(not found|does not exist|not exist|not available|no longer|deprecated|retired|decommissioned|shut down)|(unknown|invalid|no such) model|(could not|cannot|can't) find (the )?model|not a valid model|no endpoints found for|deployment\b.*does not exist|requested model is not supported/i;
  return (status === undefined || [400, 404, 410, 422].includes(status)) && missing.test(words);
};

/** The model was there once. */
export const isRetired: Symptom = ({ words }) =>
  /deprecated|retired|decommissioned|no longer|shut down/i.test(words);

/** There is nothing at the address: what a 404 says when it is about no model and no tool. */
export const hasNoSuchApi: Symptom = ({ status, words }) => {
  if (status === 405) return true;
  const nothing =
    /^(\d{3}:? )?((page|resource|route|path|endpoint) )?not found\.?$|(invalid|unknown|unrecognized) (request )?(url|endpoint|path|route)|no (such )?(route|endpoint)s?\b(?! found)|cannot post|unexpected endpoint|\b(path|url|post)\b.{0,60}\/(chat\/completions|responses)\b/i;
  return status === 404 && (words === '' || nothing.test(words));
};

/**
 * The provider's container has expired or is not there any more, or is another one than that of the calls that go along
 * (https://github.com/pydantic/pydantic-ai/issues/7461).
 */
export const isContainerGone: Symptom = ({ status, words }) =>
  (status === undefined || [400, 404, 409, 410].includes(status)) &&
  /\bcontainers?\b.{0,120}\b(expired|not found|not exist|no longer|deleted)|no (such )?container|expected container_id/i.test(
    words,
  );

/** The model, or its server, runs no code itself: "Tool 'code_interpreter' is not supported with …", "Input should be 'function'". */
export const lacksHostedCode: Symptom = ({ status, words }) =>
  [400, 403, 404, 422, 501].includes(status ?? 0) &&
  /code.?interpreter/i.test(words) &&
  /not (be )?(support|available|enabled|allowed|permitted|implemented)|unsupported|unknown|unrecogni[sz]ed|invalid value|should be|must be (one of|'function'|"function")|disabled/i.test(
    words,
  );
