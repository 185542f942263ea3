import type OpenAI from 'openai';
import type { Embedder, EmbedderSource } from '../embedder.ts';

/** Of passages at once; OpenAI takes 2,048 texts of 300,000 tokens in all, local servers do one after the other. */
const BATCH = 64;

/** The most characters of a text: models take 8,192 tokens, and a token may be a single character (of Chinese). */
const MOST_CHARACTERS = 8_000;

/** The SDK waits between these as the server's `Retry-After` says: embedding a text twice changes nothing. */
const RETRIES = 6;

/** For a whole batch on a slow machine's server, in ms. */
const BATCH_TIMEOUT_MS = 120_000;

/** A provider answers with vectors of another dimension than those that it gave before. */
export class DimensionChanged extends Error {}

/** Vectors by a model of a provider: https://platform.openai.com/docs/api-reference/embeddings */
export class ProviderEmbedder implements Embedder {
  readonly generation: string;
  readonly batch = BATCH;
  readonly #client: OpenAI;
  readonly #model: string;
  readonly #dimension: number;

  constructor(client: OpenAI, model: string, dimension: number) {
    this.generation = `${model}/${dimension}`;
    this.#client = client;
    this.#model = model;
    this.#dimension = dimension;
  }

  async embed(
    texts: readonly string[],
    purpose: 'question' | 'passages',
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    const retries = purpose === 'question' ? 0 : RETRIES;
    const vectors = await ask(this.#client, this.#model, texts, retries, signal);
    const other = vectors.find(({ length }) => length !== this.#dimension);
    if (other)
      throw new DimensionChanged(
        `${this.#model} gives vectors of ${other.length} dimensions now, and gave ${this.#dimension}: all passages get new ones.`,
      );
    return vectors;
  }
}

/** One model of a provider, in whatever dimension it answers. */
export class ProviderSource implements EmbedderSource {
  readonly #client: OpenAI;
  readonly #model: string;
  readonly #dimension: { keep(dimension: number): Promise<unknown>; kept(): Promise<number | undefined> };

  /** @param dimension Holds that of the vectors that there are. */
  constructor(
    client: OpenAI,
    model: string,
    dimension: { keep(dimension: number): Promise<unknown>; kept(): Promise<number | undefined> },
  ) {
    this.#client = client;
    this.#model = model;
    this.#dimension = dimension;
  }

  async restore(current: Embedder | undefined): Promise<Embedder | undefined> {
    const dimension = await this.#dimension.kept();
    if (dimension === undefined) return undefined;
    const kept = new ProviderEmbedder(this.#client, this.#model, dimension);
    return kept.generation === current?.generation ? current : kept;
  }

  async next(current: Embedder | undefined, signal: AbortSignal): Promise<Embedder | undefined> {
    const [vector] = await ask(this.#client, this.#model, ['dimension'], RETRIES, signal);
    if (!vector) return current;
    const next = new ProviderEmbedder(this.#client, this.#model, vector.length);
    await this.#dimension.keep(vector.length);
    return next.generation === current?.generation ? current : next;
  }

  removed(): void {}
}

async function ask(
  client: OpenAI,
  model: string,
  texts: readonly string[],
  maxRetries: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const input = texts.map((text) => text.slice(0, MOST_CHARACTERS).toWellFormed() || ' ');
  const { data } = await client.embeddings.create(
    // Not every server knows the SDK's own choice, base64.
    { model, input, encoding_format: 'float' },
    { maxRetries, timeout: BATCH_TIMEOUT_MS, ...(signal && { signal }) },
  );
  const vectors = data
    .toSorted((one, other) => one.index - other.index)
    .map(({ embedding }) => unit(embedding));
  if (
    vectors.length === texts.length &&
    vectors.every((vector) => vector.length > 0 && vector.every(Number.isFinite))
  )
    return vectors;
  throw new Error(`${model} answered ${texts.length} texts with something else than a vector for each.`);
}

function unit(numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers) || 1;
  return Float32Array.from(numbers, (one) => one / length);
}
