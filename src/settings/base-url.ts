/** What people paste from a provider's documentation although the SDK adds it. */
const ENDPOINT = /\/(chat\/completions|completions|responses|models|assistants|threads)\/?$/;

/** What is wrong with the address of an API, and what to write instead; `undefined` when nothing is. */
export function mistakeInBaseURL(text: string): string | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    return 'is not a web address: write it with http:// or https://, such as http://localhost:11434/v1.';
  }
  if (url.username || url.password) {
    return 'holds a user name or a password, which would not be sent: leave them out, and give the key in its own variable.';
  }
  if (url.search || url.hash) return 'holds a "?" or a "#": leave it and what follows out.';
  const endpoint = ENDPOINT.exec(url.pathname)?.[0];
  return endpoint && `goes too far: leave "${endpoint}" at its end out.`;
}

/** Whether the address is OpenAI's own, a regional one included. */
export function isOpenAI(baseURL: string): boolean {
  return /^([a-z0-9-]+\.)?api\.openai\.com$/.test(URL.parse(baseURL)?.hostname ?? '');
}

/** Whether the address is one of Azure OpenAI's. */
export function isAzureOpenAI(baseURL: string): boolean {
  return /\.(openai|cognitiveservices|services\.ai)\.azure\.com$/.test(URL.parse(baseURL)?.hostname ?? '');
}

/** How a provider is talked to: as `MODEL_API` says, or as most do at that address. */
export function modelApiOf(baseURL: string, asked: string | undefined): 'responses' | 'chat' {
  if (asked === 'responses' || asked === 'chat') return asked;
  return isOpenAI(baseURL) ? 'responses' : 'chat';
}
