import { expect, test } from 'vitest';
import { team } from '../../functions/team.ts';
import { calls, end, python, ScriptedModel, says, usage } from '../../sim/scripted-model.ts';
import { linksOf } from '../../sim/slack/previews.ts';
import type { SlackSim } from '../../sim/slack/slack.ts';
import { asks, asksDirectly, GENERAL, openWorld } from './world.ts';

const EVIL = 'https://evil.example/?d=SECRET';

/** All that was ever a link in what the app wrote, whichever call brought it and however shortly it stood there. */
function links({ counters }: SlackSim): string[] {
  return [
    ...new Set(counters.calls.filter(({ answer }) => answer === 'ok').flatMap(({ args }) => linksOf(args))),
  ];
}

const KINDS = [
  EVIL,
  `<${EVIL}>`,
  `[bank.com](${EVIL})`,
  `![](${EVIL})`,
  `![a chart](${EVIL} "of sales")`,
  `[see there][1]\n\n[1]: ${EVIL}`,
  `[see there][1]\n\n[1]:\n${EVIL}`,
  `| a | b |\n|---|---|\n| x | ${EVIL} |`,
  `# Heading ${EVIL}`,
  `- [^1]\n\n[^1]: ${EVIL}`,
  `<a href="${EVIL}">here</a>`,
  'HTTPS://EVIL.example/?d=SECRET',
  'www.evil.example/?d=SECRET',
  'secret.evil.com',
  'ann@evil.com or mailto:secret@evil.com?body=SECRET',
  '[call](tel:+1900SECRET) [run](javascript:alert) [open](slack://channel?id=evil)',
  'https://bank.com@evil.example/?d=SECRET',
  'https://evil.example\u200b/?d=SECRET https:\u200b//evil.example',
  `<https://evil.example|here> and <!date^1392734382^{date}^${EVIL}|then>`,
  `a \` b ${EVIL} c`,
  `\`${EVIL}\`\n\n\`\`\`\n${EVIL}\n\`\`\``,
  `[\`\`](${EVIL})`,
  `${'x'.repeat(140)}${EVIL}${'y'.repeat(400)}.evil.com`,
];

test.each([
  ['streams', asksDirectly],
  ['edits', asks],
] as const)('an address that stands nowhere is no link at any time, by %s', async (_name, ask) => {
  const answer = KINDS.join('\n\n');
  const pieces = answer.match(/[\s\S]{1,7}/g) ?? [];
  const { sim } = await openWorld({ model: new ScriptedModel(says(...pieces)) });
  const thread = ask(sim);
  await thread.quiet();
  expect(links(sim)).toEqual([]);
  expect(sim.fetched).toEqual([]);
  expect(thread.text()).toContain(`bank.\u200bcom (\`${EVIL}\`)`);
  expect(thread.text().match(/evil/gi)?.length).toBeGreaterThanOrEqual(KINDS.length);
});

const WIKI = 'https://wiki.example.com/travel?page=2';

test('an address that people wrote is a link, with anything more in it is none, and the masked one says where it leads', async () => {
  const answer = `See ${WIKI}, [the wiki](${WIKI}), [bank.com](${WIKI}), ${WIKI}&d=SECRET and ${WIKI}#SECRET.`;
  const { sim } = await openWorld({ model: new ScriptedModel(says(answer)) });
  const thread = asks(sim, `what about <${WIKI.replace('wiki', 'Wiki')}>?`);
  await thread.quiet();
  expect(links(sim).map((link) => link.replace(/[,)…]+$/, ''))).toEqual(
    links(sim).map(() => expect.toSatisfy((link) => WIKI.startsWith(link))),
  );
  expect(thread.text()).toBe(
    `See ${WIKI}, [the wiki](${WIKI}), bank.\u200bcom (<${WIKI}>), \`${WIKI}&d=SECRET\` and \`${WIKI}#SECRET\`.`,
  );
  expect(sim.fetched).toEqual([]);
});

/** Asks, waits for the answer, and gives what it says. */
async function answered(sim: SlackSim, thread: ReturnType<typeof asks>, text: string): Promise<string> {
  const before = thread.texts().length;
  sim.user('ann').says(thread.channel, text, { thread: thread.ts });
  await sim.until(() => thread.texts().length > before);
  await thread.quiet();
  return thread.texts().at(-1)?.split('\n')[0] ?? '';
}

test('what was written and found before is known in later turns, and what the assistant wrote is not', async () => {
  const found = team('look_up', async () => ({
    text: JSON.stringify({ page: WIKI }).replaceAll('/', '\\/'),
  }));
  const { sim } = await openWorld({
    model: new ScriptedModel(
      says(`First ${EVIL}`),
      [...calls('look_up', '{}'), usage, end()],
      says('Found.'),
      says(`Again ${EVIL}, ${WIKI}, https://ann.example/x`),
    ),
    functions: [found],
  });
  const thread = asks(sim, 'mine is https://ann.example/x');
  await thread.quiet();
  await answered(sim, thread, 'look it up');
  expect(await answered(sim, thread, 'and?')).toBe(`Again \`${EVIL}\`, ${WIKI}, https://ann.example/x`);
});

test('a tool that says again what it was told, or puts together, makes no address known', async () => {
  const echo = team('echo', async (input) => ({ text: JSON.stringify(input) }));
  const { sim } = await openWorld({
    model: new ScriptedModel(
      [...calls('echo', JSON.stringify({ text: EVIL })), usage, end()],
      [...python('print("https://evil.example/" + secret)'), usage, end()],
      says(`Here: ${EVIL} https://evil.example/SECRET`),
    ),
    functions: [echo],
  });
  const thread = asks(sim);
  await thread.quiet();
  expect(links(sim)).toEqual([]);
});

test('an address of a host that is set is a link whatever follows, and is not fetched', async () => {
  const address = 'https://docs.wiki.example.com/anything?x=1';
  const { sim } = await openWorld({
    model: new ScriptedModel(
      says(`${address} https://wiki.example.com.evil.example/ https://evilwiki.example.com/`),
    ),
    linkHosts: ['wiki.example.com'],
  });
  const thread = asks(sim);
  await thread.quiet();
  expect(links(sim)).toEqual([address]);
  expect(sim.fetched).toEqual([]);
});

test('no message of the app is previewed, whatever posts it', async () => {
  const { sim } = await openWorld({
    model: new ScriptedModel(says('https://a.example/x')),
    linkHosts: ['a.example'],
  });
  const ann = sim.user('ann');
  await asks(sim).quiet();
  ann.command('/bobbin', 'help', GENERAL);
  const help = asks(sim, '');
  await sim.until(() => help.texts().length > 0);
  const posts = sim.counters.calls.filter(({ method }) => method === 'chat.postMessage');
  expect(posts.length).toBeGreaterThanOrEqual(2);
  for (const { args } of posts)
    expect([args.unfurl_links, args.unfurl_media].map(String), String(args.text)).toEqual(['false', 'false']);
  expect(sim.fetched).toEqual([]);
});
