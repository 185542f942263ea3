import type { Settings } from '../../settings/settings.ts';

/** What is shorter is a placeholder, such as `ollama`, and a word of sentences. */
const LEAST_SECRET = 12;

/** Takes every secret of the settings away from a text: the last wall, behind those that let none into a sentence. */
export function redactor(settings: Settings | undefined): (text: string) => string {
  const secrets = (settings ? secretsOf(settings) : [])
    .filter((secret) => secret !== undefined && secret.length >= LEAST_SECRET)
    .map(String);
  return (text) => secrets.reduce((told, secret) => told.replaceAll(secret, '[redacted]'), text);
}

function secretsOf({
  model,
  assistants,
  assistant,
  slack,
  discord,
  store,
  proxy,
}: Settings): (string | undefined)[] {
  return [
    model.api === 'demo' ? undefined : model.apiKey,
    assistants.apiKey,
    slack?.botToken,
    slack?.appToken,
    slack?.signingSecret,
    discord?.token,
    ...(assistant.mcp ?? []).flatMap(({ secrets }) => secrets),
    ...[store.databaseUrl, proxy?.https, proxy?.http].flatMap(passwordsIn),
  ];
}

/** As it stands in the address, and as it is meant. */
function passwordsIn(address: string | undefined): string[] {
  const password = address === undefined ? undefined : URL.parse(address)?.password;
  return password ? [password, decodeURIComponent(password)] : [];
}
