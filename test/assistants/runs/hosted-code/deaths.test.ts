import { describe, expect, test } from 'vitest';
import type { Reply } from '../../../sim/model-server.ts';
import { asked, codeIn, over, PNG, scene, shownIn, thread } from './scene.ts';

const LINK = 'sandbox:/mnt/data/a.txt';

const CALLS = [
  { says: 'First.', code: 'print(1)', logs: '1', writes: { '/mnt/data/a.txt': Buffer.from('a') } },
  { code: 'draw()', logs: '2', shows: [PNG] },
];

/** What a model does that knows which of its calls have run. */
function rest(body: Record<string, unknown>): Reply {
  const done = (body.input as { type?: string }[]).filter(({ type }) => type === 'code_interpreter_call');
  return { hosted: CALLS.slice(done.length), text: ['See ', LINK, ' for it.'] };
}

const WHOLE = {
  codes: [
    { input: 'print(1)', outputs: ['1'] },
    { input: 'draw()', outputs: ['2', { image: 'image.png' }] },
  ],
  shown: [
    { content: [{ text: 'First.', links: [] }], attached: [] },
    {
      content: [{ image: 'image.png' }, { text: `See ${LINK} for it.`, links: [{ [LINK]: 'a.txt' }] }],
      attached: ['a.txt'],
    },
  ],
};

/** The process dies after so many writes; a whole run makes 54. */
const deaths = (every: number) => Array.from({ length: Math.ceil(56 / every) }, (_, at) => at * every);

describe.each([
  ['in the background', true, 2],
  ['without it', false, 3],
])('a process that dies while the provider runs code, %s', (_, background, every) => {
  test.each(deaths(every))(
    'is followed by one that shows each call once: after %i writes',
    async (writes) => {
      const { server, open } = await scene({ answer: rest });
      const dead = open({ background });
      const { threadId, ask } = await thread(dead.api);
      const { id } = await dead.api.client.beta.threads.runs.create(threadId, ask);
      dead.process.after(writes, () => dead.process.kill());
      const done = over(dead.api, threadId, id);
      await Promise.race([done, dead.process.dead]);
      const { api } = open({ background });
      const isKnown = (await api.state.resumable.get(id)) !== undefined;
      const { run, steps, messages } = await over(api, threadId, id);
      expect(run).toMatchObject({ status: 'completed', last_error: null });
      expect(steps.filter(({ status }) => status !== 'completed')).toEqual([]);
      expect(await codeIn(api, steps)).toEqual(WHOLE.codes);
      const shown = await Promise.all(messages.map((message) => shownIn(api, message)));
      expect(shown).toEqual(WHOLE.shown);
      expect(asked(server).length).toBeLessThanOrEqual(isKnown ? 1 : 2);
      expect(api.errors).toEqual([]);
    },
  );
});
