import { requestedModel } from '../../api-error.ts';
import { type HostedTrouble, ModelError, type ModelErrorCode, type RefusedContent } from '../model.ts';
import type { Failure } from './failure.ts';
import { pause, quoted, sentenceForClients } from './for-clients.ts';
import { listOfModels } from './model-names.ts';
import {
  hasNoSuchApi,
  isContainerGone,
  isContextExceeded,
  isLoading,
  isQuotaUsedUp,
  isRetired,
  isUnknownModel,
  lacksHostedCode,
  lacksTools,
} from './symptoms.ts';

/** What a sentence about a failure speaks of. */
export interface Circumstances {
  /** The provider's base URL, without a password in it. */
  url: string;
  /** `Chat Completions` or `Responses`. */
  api: string;
  /** The model that was asked for. */
  model: string;
  /** What of the conversation the failure is about, if it is. */
  refused: RefusedContent | undefined;
  /** Asks the provider for its models; called only when the sentence needs them. */
  offered(): Promise<string[]>;
}

/**
 * Tells the person who runs Bobbin what went wrong and what to do, with the provider's own words as they came, and
 * others what they may know of it.
 */
export async function explain(failure: Failure, about: Circumstances): Promise<ModelError> {
  if (isContextExceeded(failure)) {
    const message = `The conversation is too long for the model \`${about.model}\`.${quoted(failure.words)}`;
    return new ModelError('invalid_prompt', message, { contextExceeded: true, ...details(failure, about) });
  }
  if (about.refused) {
    const message = refusedSentence(failure, about, about.refused);
    return new ModelError('invalid_prompt', message, details(failure, about));
  }
  if (isUnknown(failure)) {
    const names = (await about.offered()).filter((name) => name !== about.model);
    const offered = names.length > 0 ? listOfModels(names, about.model) : '';
    const forClients = requestedModel(about.model, offered);
    return new ModelError('invalid_prompt', unknownModel(failure, about, offered), {
      unknownModel: true,
      forClients,
    });
  }
  return new ModelError(codeOf(failure), sentence(failure, about), details(failure, about));
}

/** A model that is still loading, or that lacks tools, is there. */
function isUnknown(failure: Failure): boolean {
  return !isLoading(failure) && !lacksTools(failure) && isUnknownModel(failure);
}

function details(failure: Failure, about: Circumstances) {
  const hosted = hostedTrouble(failure);
  return {
    ...(about.refused && { refused: about.refused }),
    ...(hosted && { hosted }),
    forClients: sentenceForClients(failure, about),
  };
}

function hostedTrouble(failure: Failure): HostedTrouble | undefined {
  if (isContainerGone(failure)) return 'gone';
  return lacksHostedCode(failure) ? 'refused' : undefined;
}

function refusedSentence(failure: Failure, { url, model }: Circumstances, refused: RefusedContent): string {
  const says = quoted(failure.words);
  switch (refused) {
    case 'words':
      return `The content filter at ${url} refused what was said.${says}`;
    case 'images':
      return `The model \`${model}\` takes no pictures.${says}`;
    case 'image':
      return `${url} could not read a picture.${says}`;
    case 'size':
      return `${url} found the pictures too large.${says}`;
  }
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
  const says = quoted(words);
  if (isQuotaUsedUp(failure)) {
    return `The account at ${url} has no quota left: check its plan and billing.${says}`;
  }
  if (isLoading(failure)) {
    return `The model \`${model}\` is not loaded at ${url} yet: load it there, or ask again in a minute.${says}`;
  }
  if (lacksTools(failure)) {
    return `The model \`${model}\` can't call tools, and this assistant has some: choose a model that can, switch them on at its server, or take the tools out of the assistant.${says}`;
  }
  if (status === 401) return `${url} refused the API key: check OPENAI_API_KEY.${says}`;
  if (status === 403) {
    return `${url} does not allow this: check that the key in OPENAI_API_KEY may use the model \`${model}\`.${says}`;
  }
  if (hasNoSuchApi(failure)) {
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

function unknownModel(failure: Failure, { url, model }: Circumstances, offered: string): string {
  const gone = isRetired(failure);
  const what = `The model \`${model}\` is ${gone ? 'no longer' : 'not'} offered by ${url}.`;
  const says = gone || offered === '' ? quoted(failure.words) : '';
  const offers = offered === '' ? '' : ` It offers: ${offered}.`;
  return `${what}${says}${offers} Set \`model\` in assistant.md, or MODEL.`;
}
