import { afterEach } from 'vitest';
import { chatCompletionsModel } from '../../../src/assistants/models/chat-completions.ts';
import type { Model } from '../../../src/assistants/models/model.ts';
import type { ProviderOptions } from '../../../src/assistants/models/remote/provider.ts';
import {
  type ResponsesOptions as ModelOptions,
  responsesModel,
} from '../../../src/assistants/models/responses.ts';
import { type ChatOptions, startChatCompletions } from '../../sim/chat-completions.ts';
import type { ModelServer } from '../../sim/model-server.ts';
import { type ResponsesOptions, type ResponsesServer, startResponses } from '../../sim/responses.ts';

/** A simulator and a model that talks to it; the simulator ends with the test. */
export interface Pair {
  server: ModelServer;
  model: Model;
}

const started: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

const QUICK = { apiKey: 'sk-test-0123456789', retryDelayMs: 5 };

export async function chat(options: ChatOptions = {}, more: Partial<ProviderOptions> = {}): Promise<Pair> {
  const server = await startChatCompletions(options);
  started.push(server);
  return { server, model: chatCompletionsModel({ baseURL: server.url, ...QUICK, ...more }) };
}

export async function responses(
  options: ResponsesOptions = {},
  more: Partial<ModelOptions> = {},
): Promise<Pair & { server: ResponsesServer }> {
  const server = await startResponses(options);
  started.push(server);
  return { server, model: responsesModel({ baseURL: server.url, ...QUICK, ...more }) };
}
