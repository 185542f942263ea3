import type { ResponseCreateParams } from 'openai/resources/responses/responses';
import type { Model } from './model.ts';
import { without } from './remote/concessions.ts';
import type { ProviderOptions } from './remote/provider.ts';
import { type Dialect, remoteModel } from './remote/remote-model.ts';
import { responseReader } from './responses/answer.ts';
import { responseBody } from './responses/request.ts';
import { withoutThoughts } from './thoughts/without-thoughts.ts';

const RESPONSES: Dialect<ResponseCreateParams> = {
  api: 'Responses',
  body: responseBody,
  send: (client, body, options) => client.responses.create(body, options),
  reader: responseReader,
  concessions: [
    without('include', undefined, /encrypted content/i),
    without('stream', (body) => ({ ...body, stream: false }), /\bstream(ing|ed)?\b/i),
    without('temperature'),
    without('top_p'),
    without('reasoning'),
    without('parallel_tool_calls'),
  ],
};

/** A model behind a server that speaks the Responses API: OpenAI, Azure OpenAI, AIMLAPI, vLLM … */
export function responsesModel(options: ProviderOptions): Model {
  return withoutThoughts(remoteModel(RESPONSES, options));
}
