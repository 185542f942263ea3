import { ModelError, type ModelErrorCode } from '../model.ts';
import { type Failure, isContextExceeded, isQuotaUsedUp } from './failure.ts';
import { listOfModels } from './model-names.ts';

/** What a sentence about a failure speaks of. */
export interface Circumstances {
  /** The provider's base URL, without a password in it. */
  url: string;
  /** `Chat Completions` or `Responses`. */
  api: string;
  /** The model that was asked for. */
  model: string;
  /** Asks the provider for its models; called only when the sentence needs them. */
  offered(): Promise<string[]>;
}

/** Tells a person in a chat what went wrong and what to do. The provider's own words are in it as they came. */
export async function explain(failure: Failure, about: Circumstances): Promise<ModelError> {
  if (isContextExceeded(failure)) {
    const message = `The conversation is too long for the model \`${about.model}\`.${quoted(failure)}`;
    return new ModelError('invalid_prompt', message, { contextExceeded: true });
  }
  if (isUnknownModel(failure)) return new ModelError('invalid_prompt', await unknownModel(failure, about));
  return new ModelError(codeOf(failure), sentence(failure, about));
}

function codeOf({ status, code, kind }: Failure): ModelErrorCode {
  if (status === 429 || /rate_limit/.test(code)) return 'rate_limit_exceeded';
  const blamesUs =
    status === 400 || status === 422 || (status === undefined && /invalid|image|policy/.test(code));
  return kind === 'refused' && blamesUs ? 'invalid_prompt' : 'server_error';
}

function sentence(failure: Failure, about: Circumstances): string {
  const { url, api } = about;
  switch (failure.kind) {
    case 'stalled':
      return `${url} sent nothing for ${failure.words}: it may be overloaded or still loading the model. Ask again in a moment.`;
    case 'cut':
      return `The connection to ${url} broke off before the answer was complete. Ask again.`;
    case 'unreachable':
      return `Could not reach ${url} (${failure.words}): is the server running, and is OPENAI_BASE_URL right?`;
    case 'web-page':
      return `${url} answered with a web page instead of a model's answer: check OPENAI_BASE_URL, which usually ends in /v1.`;
    case 'malformed':
      return `${url} sent an answer that is not valid JSON: it, or a proxy before it, is out of order. Ask again.`;
    case 'not-understood':
      return `${url} sent nothing that belongs to the ${api} API: check that OPENAI_BASE_URL and MODEL_API fit together.`;
    case 'refused':
      return refusal(failure, about);
  }
}

function refusal(failure: Failure, { url, api, model }: Circumstances): string {
  const { status, words } = failure;
  const says = quoted(failure);
  if (isQuotaUsedUp(failure)) {
    return `The account at ${url} has no quota left: check its plan and billing.${says}`;
  }
  if (/does not support tools/i.test(words)) {
    return `The model \`${model}\` can't call tools, and this assistant has some: choose a model that can, or take the tools out of the assistant.${says}`;
  }
  if (status === 401) return `${url} refused the API key: check OPENAI_API_KEY.${says}`;
  if (status === 403) {
    return `${url} does not allow this: check that the key in OPENAI_API_KEY may use the model \`${model}\`.${says}`;
  }
  if (status === 404 || status === 405) {
    return `${url} does not have the ${api} API: check OPENAI_BASE_URL (it usually ends in /v1) and MODEL_API.${says}`;
  }
  if (status === 429 || /rate_limit/.test(failure.code)) {
    return `${url} is limiting how much it answers: ask again ${pause(failure)}.${says}`;
  }
  if (status === undefined || status >= 500) {
    const number = status === undefined ? '' : ` (${status})`;
    return `${url} failed${number}: ask again in a moment.${says}`;
  }
  return `${url} refused the request (${status}).${says}`;
}

function pause({ retryAfterMs }: Failure): string {
  if (retryAfterMs === undefined) return 'in a minute';
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  if (seconds >= 120) return `in ${Math.ceil(seconds / 60)} minutes`;
  return seconds === 1 ? 'in a second' : `in ${seconds} seconds`;
}

/** The provider's words as a sentence of their own. */
function quoted({ words }: Failure): string {
  return words === '' ? '' : ` It says: ${/[.!?…]$/.test(words) ? words : `${words}.`}`;
}

function isUnknownModel({ status, code, words }: Failure): boolean {
  if (/model_not_found|model_not_available|unknown_model|invalid_model/.test(code)) return true;
  const missing =
    /\bmodel\b.*(not found|does not exist|not exist|not available|no longer|deprecated|retired|decommissioned|shut down)|(unknown|invalid|no such) model/i;
  return status !== undefined && [400, 404, 410, 422].includes(status) && missing.test(words);
}

async function unknownModel(failure: Failure, { url, model, offered }: Circumstances): Promise<string> {
  const names = (await offered()).filter((name) => name !== model);
  const gone = /deprecated|retired|decommissioned|no longer|shut down/i.test(failure.words);
  const what = `The model \`${model}\` is ${gone ? 'no longer' : 'not'} offered by ${url}.`;
  const says = gone || names.length === 0 ? quoted(failure) : '';
  const offers = names.length > 0 ? ` It offers: ${listOfModels(names, model)}.` : '';
  return `${what}${says}${offers} Set \`model\` in assistant.md, or MODEL.`;
}
