import type { Method } from '../call.ts';
import { assistantMethods } from './assistant.ts';
import { chatMethods } from './chat.ts';
import { chatStreamMethods } from './chat-stream.ts';
import { conversationMethods } from './conversations.ts';
import { fileMethods } from './files.ts';
import { identityMethods } from './identity.ts';
import { sessionMethods } from './sessions.ts';
import { viewMethods } from './views.ts';

/** The Web API as far as this simulator knows it. */
export const METHODS = new Map<string, Method>(
  Object.entries({
    ...assistantMethods,
    ...chatMethods,
    ...chatStreamMethods,
    ...conversationMethods,
    ...fileMethods,
    ...identityMethods,
    ...sessionMethods,
    ...viewMethods,
  }),
);
