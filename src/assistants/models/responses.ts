import type { ResponseCreateParams } from 'openai/resources/responses/responses';
import type { Containers } from '../code-interpreter/hosted/containers.ts';
import { withHostedCode } from './hosted/with-hosted-code.ts';
import type { Model } from './model.ts';
import { type Concession, without, withoutNone } from './remote/concessions.ts';
import type { ProviderOptions } from './remote/provider.ts';
import { type Dialect, remoteModel } from './remote/remote-model.ts';
import { responseReader } from './responses/answer.ts';
import { background, inBackground, inForeground } from './responses/background.ts';
import { ENCRYPTED, INCLUDE, INCLUDE_HOSTED, responseBody } from './responses/request.ts';
import { withoutThoughts } from './thoughts/without-thoughts.ts';

/** A model that does not reason has no encrypted reasoning to give; what else is included stays. */
const WITHOUT_REASONING: Concession<ResponseCreateParams> = {
  answers: ({ status, words }, { body }) =>
    status === 400 && /encrypted content/i.test(words) && (body.include ?? []).length > 1,
  change: ({ include, ...body }) => ({
    ...body,
    include: (include ?? []).filter((each) => each !== ENCRYPTED),
  }),
};

const RESPONSES = {
  api: 'Responses',
  body: responseBody,
  send: (client, body, options) => client.responses.create(body, options),
  reader: responseReader,
  concessions: [
    without('background', inForeground, /\bstore\b/),
    WITHOUT_REASONING,
    without('include', undefined, /encrypted content/i),
    without('stream', (body) => ({ ...inForeground(body), stream: false }), /\bstream(ing|ed)?\b/i),
    without('temperature'),
    without('top_p'),
    without('reasoning'),
    without('parallel_tool_calls'),
    withoutNone(),
  ],
} satisfies Dialect<ResponseCreateParams>;

export interface ResponsesOptions extends ProviderOptions {
  /** Whether answers go on at the provider, which keeps them, while this process is gone. */
  background?: boolean;
  /** The provider's containers, where it is to run code itself as far as it can. */
  containers?: Containers;
  /** Hears why the provider does not run code itself though it should. */
  onProblem?: (error: unknown) => void;
}

/** A stream brings nothing while the provider runs code, in ms: longer than people wait for most of it. */
const CODE_STALL_MS = 3 * 60_000;

/** A model behind a server that speaks the Responses API: OpenAI, Azure OpenAI, AIMLAPI, vLLM … */
export function responsesModel({ containers, onProblem, ...options }: ResponsesOptions): Model {
  if (!containers) return withoutThoughts(remoteModel(dialectOf(options, false), options));
  const model = remoteModel(dialectOf(options, true), { stallMs: CODE_STALL_MS, ...options });
  return withHostedCode(withoutThoughts(model), containers, onProblem);
}

/** In the background or not: https://developers.openai.com/api/docs/guides/background */
function dialectOf(options: ResponsesOptions, hostsCode: boolean): Dialect<ResponseCreateParams> {
  if (!options.background) return RESPONSES;
  return {
    ...RESPONSES,
    body: (request) => inBackground(responseBody(request)),
    background: background(hostsCode ? INCLUDE_HOSTED : INCLUDE),
  };
}
