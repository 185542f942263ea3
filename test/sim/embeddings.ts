import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What of an endpoint of embeddings a test sets, and what it is told. */
export interface EmbeddingsSim {
  /** Ends with `/v1`. */
  readonly url: string;
  /** The texts of each request that was answered. */
  readonly given: string[][];
  /** The statuses that the next requests are refused with. */
  refusals: number[];
  dimension: number;
  /** What each answer waits for, after so many others. */
  slow?: (answered: number) => Promise<unknown> | undefined;
  close(): void;
}

/** As OpenAI's limit on the texts of one request: https://platform.openai.com/docs/api-reference/embeddings/create */
const MOST_TEXTS = 2_048;

/** The part of a provider that makes vectors of texts: those that speak of cars point one way, all others another. */
export async function startEmbeddings(): Promise<EmbeddingsSim> {
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '5' });
      response.end(JSON.stringify(body));
    };
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const status = sim.refusals.shift() ?? wrongIn(request.url, body);
    await sim.slow?.(sim.given.length);
    // Who asked is gone.
    if (response.destroyed) return;
    if (status !== undefined) return answer(status, { error: { message: 'Not now.' } });
    const input: string[] = body.input;
    sim.given.push(input);
    const data = input.map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) }));
    // In no order that is promised.
    answer(200, { object: 'list', model: body.model, data: data.reverse() });
  });
  const vectorOf = (text: string) =>
    Array.from({ length: sim.dimension }, (_, at) => (at === Number(/car|automobile/.test(text)) ? 3 : 0.1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sim: EmbeddingsSim = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    given: [],
    refusals: [],
    dimension: 4,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return sim;
}

function wrongIn(
  url: string | undefined,
  { model, input, encoding_format: format }: Record<string, unknown>,
) {
  if (url !== '/v1/embeddings') return 404;
  const isRight = Array.isArray(input) && input.length > 0 && input.length <= MOST_TEXTS;
  const areTexts = isRight && input.every((text) => typeof text === 'string' && text !== '');
  return areTexts && typeof model === 'string' && format === 'float' ? undefined : 400;
}
