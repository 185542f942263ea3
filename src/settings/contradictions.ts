import { isAzureOpenAI, isOpenAI, modelApiOf } from './base-url.ts';

type Given = Readonly<Record<string, string>>;

/** Variables that may each be right and make no sense together; those of each rule that holds are told. */
const RULES: { holds: (given: Given) => boolean; mistake: string }[] = [
  {
    holds: ({ OPENAI_BASE_URL, OPENAI_API_KEY }) => isOpenAI(OPENAI_BASE_URL ?? '') && !OPENAI_API_KEY,
    mistake:
      'OPENAI_API_KEY is missing, and OpenAI answers nothing without it: set it, or leave OPENAI_BASE_URL out to use the offline demo.',
  },
  {
    holds: ({ MODEL_API, OPENAI_API_KEY, OPENAI_BASE_URL }) =>
      Boolean(MODEL_API) && !OPENAI_API_KEY && !OPENAI_BASE_URL,
    mistake:
      'MODEL_API is set, but no provider is: set OPENAI_API_KEY or OPENAI_BASE_URL too, or leave MODEL_API out to use the offline demo.',
  },
  {
    holds: ({ OPENAI_BACKGROUND, OPENAI_API_KEY, OPENAI_BASE_URL, MODEL_API }) =>
      OPENAI_BACKGROUND === 'on' &&
      (!(OPENAI_API_KEY || OPENAI_BASE_URL) ||
        (OPENAI_BASE_URL ? modelApiOf(OPENAI_BASE_URL, MODEL_API) : MODEL_API) === 'chat'),
    mistake:
      'OPENAI_BACKGROUND is on, but only the Responses API has background answers: set MODEL_API=responses for a provider that speaks it, or leave OPENAI_BACKGROUND out.',
  },
  {
    holds: ({ EMBEDDING_MODEL, OPENAI_API_KEY, OPENAI_BASE_URL }) =>
      Boolean(EMBEDDING_MODEL) && !OPENAI_API_KEY && !OPENAI_BASE_URL,
    mistake:
      'EMBEDDING_MODEL is set, but no provider is: set OPENAI_API_KEY or OPENAI_BASE_URL too, or leave EMBEDDING_MODEL out to learn from the documents themselves.',
  },
  {
    holds: ({ ASSISTANT_ID, ASSISTANTS_BASE_URL }) => Boolean(ASSISTANT_ID) && !ASSISTANTS_BASE_URL,
    mistake:
      'ASSISTANT_ID is set, but ASSISTANTS_BASE_URL is not: set it to the server that has this assistant, or leave ASSISTANT_ID out to use the one in assistant.md.',
  },
  {
    holds: ({ ASSISTANTS_BASE_URL = '' }) =>
      isOpenAI(ASSISTANTS_BASE_URL) || isAzureOpenAI(ASSISTANTS_BASE_URL),
    mistake:
      'ASSISTANTS_BASE_URL names OpenAI or Azure, which switched their Assistants servers off on 2026-08-26: leave it out, and Bobbin brings its own.',
  },
  {
    holds: ({ SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET }) =>
      Boolean(SLACK_BOT_TOKEN) && !SLACK_APP_TOKEN && !SLACK_SIGNING_SECRET,
    mistake:
      'SLACK_BOT_TOKEN is set, but nothing brings the events: set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP. Both stand under https://api.slack.com/apps, Basic Information.',
  },
  {
    holds: ({ SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET }) =>
      !SLACK_BOT_TOKEN && Boolean(SLACK_APP_TOKEN || SLACK_SIGNING_SECRET),
    mistake:
      'SLACK_BOT_TOKEN is missing beside the other Slack settings: copy it from https://api.slack.com/apps, OAuth & Permissions, or leave all of them out.',
  },
];

/** What does not fit together among the variables that are set. */
export function contradictions(given: Given): string[] {
  return RULES.filter(({ holds }) => holds(given)).map(({ mistake }) => mistake);
}
