import { BOT_SCOPES, EVENTS, type SlackOptions, type TokenSpec } from './options.ts';

/** The app as its manifest and its tokens describe it. The secrets open nothing but this simulator. */
export interface App {
  botToken: string;
  appToken: string;
  signingSecret: string;
  scopes: string[];
  events: Set<string>;
  commands: Set<string>;
  agentView: 'agent_view' | 'assistant_view' | 'none';
  tokens: Map<string, TokenSpec>;
}

export function appFrom(options: SlackOptions): App {
  const scopes = options.scopes ?? BOT_SCOPES;
  const botToken = 'xoxb-simulated-bot-token';
  const appToken = 'xapp-1-simulated-app-token';
  return {
    botToken,
    appToken,
    signingSecret: 'simulated-signing-secret',
    scopes,
    events: new Set(options.events ?? EVENTS),
    commands: new Set(options.commands ?? ['/bobbin']),
    agentView: options.agentView ?? 'agent_view',
    tokens: new Map<string, TokenSpec>([
      [botToken, { kind: 'bot', scopes }],
      [appToken, { kind: 'app', scopes: ['connections:write'] }],
      ...Object.entries(options.tokens ?? {}),
    ]),
  };
}
