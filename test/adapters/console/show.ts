import type { Reply } from '../../../src/platform.ts';
import { layout } from '../../../src/reply/layout/layout.ts';
import type { Outcome, ReplyFile } from '../../../src/view.ts';

/** Makes a reply's calls until people see the Markdown, as the publisher does. */
export async function show(
  reply: Reply,
  markdown: string,
  outcome?: Outcome,
  files: ReplyFile[] = [],
): Promise<void> {
  const view = { parts: layout(markdown, reply.limits), calls: [], files, ...(outcome && { outcome }) };
  for (let call = reply.next(view); call; call = reply.next(view)) await call.send();
}
