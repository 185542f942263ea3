import type { ResponseCreateParams } from 'openai/resources/responses/responses';
import type { Model } from './model.ts';
import { without, withoutNone } from './remote/concessions.ts';
import type { ProviderOptions } from './remote/provider.ts';
import { type Dialect, remoteModel } from './remote/remote-model.ts';
import { responseReader } from './responses/answer.ts';
import { BACKGROUND, inBackground, inForeground } from './responses/background.ts';
import { responseBody } from './responses/request.ts';
import { withoutThoughts } from './thoughts/without-thoughts.ts';

const RESPONSES = {
  api: 'Responses',
  body: responseBody,
  send: (client, body, options) => client.responses.create(body, options),
  reader: responseReader,
  concessions: [
    without('background', inForeground, /\bstore\b/),
    without('include', undefined, /encrypted content/i),
    without('stream', (body) => ({ ...inForeground(body), stream: false }), /\bstream(ing|ed)?\b/i),
    without('temperature'),
    without('top_p'),
    without('reasoning'),
    without('parallel_tool_calls'),
    withoutNone(),
  ],
} satisfies Dialect<ResponseCreateParams>;

/** The same in the background. https://developers.openai.com/api/docs/guides/background */
const IN_BACKGROUND: Dialect<ResponseCreateParams> = {
  ...RESPONSES,
  body: (request) => inBackground(responseBody(request)),
  background: BACKGROUND,
};

export interface ResponsesOptions extends ProviderOptions {
  /** Whether answers go on at the provider, which keeps them, while this process is gone. */
  background?: boolean;
}

/** A model behind a server that speaks the Responses API: OpenAI, Azure OpenAI, AIMLAPI, vLLM … */
export function responsesModel(options: ResponsesOptions): Model {
  return withoutThoughts(remoteModel(options.background ? IN_BACKGROUND : RESPONSES, options));
}
