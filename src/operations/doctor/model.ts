import type { Parts } from '../../bot.ts';
import { broken, type Finding, unknown, well } from './finding.ts';

/** For the list of models, and for the answer to a question, in ms: a model may have to be loaded first. */
const LIST_PATIENCE_MS = 10_000;
const ANSWER_PATIENCE_MS = 60_000;

/** The fewest that OpenAI's Responses API lets somebody ask for. */
const FEWEST_TOKENS = 16;

/** Looks whether the provider answers and has the model; asks it something only where `ask` says so, since that costs. */
export async function* examineModel(
  parts: Pick<Parts, 'model' | 'lookUp'>,
  name: string,
  ask: boolean,
): AsyncGenerator<Finding> {
  if (!parts.lookUp) {
    yield well('No provider is set: the built-in offline demo answers.');
    return;
  }
  yield await listed(parts.lookUp, name).catch(told);
  if (ask) yield await answered(parts.model, name).catch(told);
  else yield unknown('Whether it answers is seen by a question, which costs a few tokens: doctor --ask.');
}

async function listed(lookUp: NonNullable<Parts['lookUp']>, name: string): Promise<Finding> {
  const listing = await lookUp(name, AbortSignal.timeout(LIST_PATIENCE_MS));
  if (listing.isListed) return well(`The provider answers, and offers the model ${name}.`);
  if (listing.isListed === undefined)
    return unknown(
      `The provider answers, but has no list in which to look for the model ${name}: OPENAI_BASE_URL may be wrong, too.`,
    );
  return broken(
    `The provider answers, but does not list the model ${name}: set it in assistant.md, or MODEL, to one of these: ${listing.others}.`,
  );
}

async function answered(model: Parts['model'], name: string): Promise<Finding> {
  const signal = AbortSignal.timeout(ANSWER_PATIENCE_MS);
  const question = { type: 'text' as const, text: 'Answer with the word "yes".' };
  const events = model.respond(
    {
      model: name,
      instructions: '',
      items: [{ type: 'message', role: 'user', content: [question] }],
      tools: [],
      toolChoice: 'none',
      parallelToolCalls: true,
      maxOutputTokens: FEWEST_TOKENS,
    },
    signal,
  );
  try {
    for await (const { type } of events) if (type === 'end') return well(`The model ${name} answers.`);
  } catch (error) {
    if (signal.aborted) return broken(`${name} has not answered for ${ANSWER_PATIENCE_MS / 1_000} seconds.`);
    throw error;
  }
  return broken(`The answer of ${name} had no end: ask again.`);
}

/** A model's failure is told in whole sentences. */
function told(error: unknown): Finding {
  return broken(error instanceof Error ? error.message : String(error));
}
