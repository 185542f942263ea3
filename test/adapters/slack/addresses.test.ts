import { pino } from 'pino';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { isSlackFile, isSlacks, slackFetch } from '../../../adapters/slack/addresses.ts';
import { Slack } from '../../../adapters/slack/slack.ts';
import { SHORTCUTS } from '../../../adapters/slack/surface.ts';
import { ScriptedInterpreter } from '../../sim/scripted-interpreter.ts';
import { end, python, ScriptedModel, says, usage } from '../../sim/scripted-model.ts';
import { openTrap } from '../../sim/trap.ts';
import { asks, openWorld } from './world.ts';

const CONFIGURED = 'http://slack.test:8080/api/';

test.each([
  ['https://files.slack.com/files-pri/T1-F1/a.csv', true],
  ['https://files.slack.com:443/files-pri/T1-F1/a.csv', true],
  ['https://files.slack-gov.com/files-pri/T1-F1/a.csv', true],
  ['https://acme.enterprise.slack.com/files-pri/T1-F1/a.csv', true],
  ['https://slack-files.com/T1-F1', true],
  ['http://slack.test:8080/files-pri/T1-F1/a.csv', true],
  ['http://files.slack.com/files-pri/T1-F1/a.csv', false],
  ['https://files.slack.com:8443/files-pri/T1-F1/a.csv', false],
  ['https://me:secret@files.slack.com/files-pri/T1-F1/a.csv', false],
  ['https://files.slack.com@evil.example/a.csv', false],
  ['https://files.slack.com.evil.example/a.csv', false],
  ['https://evilslack.com/a.csv', false],
  ['https://slack.com.:443/a.csv', false],
  ['https://127.0.0.1/a.csv', false],
  ['http://slack.test/a.csv', false],
  ['https://slack.test:8080/a.csv', false],
  ['http://169.254.169.254/latest/meta-data', false],
  ['file:///etc/passwd', false],
  ['data:text/plain,x', false],
  ['//files.slack.com/a.csv', false],
  ['', false],
])('whether %s is one of Slack’s addresses: %j', (address, isOne) => {
  expect(isSlacks(address, CONFIGURED)).toBe(isOne);
  expect(isSlackFile(address, CONFIGURED)).toBe(isOne);
  if (!address.includes('slack.test')) expect(isSlacks(address, undefined)).toBe(isOne);
});

test('no method of the Web API is taken for a file', () => {
  expect(isSlackFile('https://slack.com/api/api.test', undefined)).toBe(false);
  expect(isSlackFile('https://acme.slack.com//%61pi/api.test', undefined)).toBe(false);
  expect(isSlackFile('https://slack.com/files/../api/api.test%', undefined)).toBe(false);
  expect(isSlackFile('http://slack.test:8080/api/api.test', CONFIGURED)).toBe(false);
});

/** Where all names lead to this machine, as for somebody who can redirect traffic. */
function allNamesLeadHere(): void {
  const before = getGlobalDispatcher();
  const lookup = (_name: string, { all }: { all?: boolean }, done: (...answer: unknown[]) => void) =>
    all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);
  setGlobalDispatcher(new Agent({ connect: { lookup: lookup as never } }));
  onTestFinished(() => setGlobalDispatcher(before));
}

async function trapped(redirectTo?: string) {
  const trap = await openTrap(redirectTo);
  onTestFinished(() => trap.close());
  return trap;
}

const FILE = { name: 'a.csv', type: 'text/csv', size: 1 };

test('the token goes neither over a line without TLS, nor to another port, nor where a redirect leads', async () => {
  allNamesLeadHere();
  const elsewhere = await trapped();
  const api = await trapped(`${elsewhere.origin}/file`);
  const log = pino({ level: 'silent' });
  const slack = new Slack({ botToken: 'xoxb-1', appToken: 'xapp-1', apiUrl: `${api.origin}/api`, log });
  onTestFinished(() => slack.close());
  const get = (url: string) => slack.download({ ...FILE, url }, 10);
  await expect(get(`http://files.slack.com:${elsewhere.port}/a.csv`)).rejects.toThrow(
    'kept outside of Slack',
  );
  await expect(get(`http://127.0.0.1:${elsewhere.port}/a.csv`)).rejects.toThrow('kept outside of Slack');
  await expect(get(`${api.origin}/files-pri/a.csv`)).rejects.toThrow('Slack does not give it out');
  expect(elsewhere.caught).toEqual([]);
  expect(api.caught).toHaveLength(1);
});

test('what Slack’s clients send follows no redirect, and goes to no other host that an answer names', async () => {
  const elsewhere = await trapped();
  const api = await trapped(elsewhere.origin);
  const fetch = slackFetch(`${api.origin}/api/`);
  await expect(fetch(api.origin, { method: 'POST', body: 'words' })).rejects.toThrow();
  await expect(fetch(elsewhere.origin, { method: 'POST', body: 'words' })).rejects.toThrow(
    `127.0.0.1:${elsewhere.port} is none of Slack's hosts`,
  );
  expect(elsewhere.caught).toEqual([]);
});

test('files are uploaded to Slack alone, and one that should go elsewhere is named', async () => {
  const elsewhere = await trapped();
  const codeInterpreter = new ScriptedInterpreter({
    draw: { prints: [], files: [{ name: 'one.png', bytes: Buffer.from('1') }] },
  });
  const model = new ScriptedModel([...python('draw'), usage, end()], says('Here you are.'));
  const { sim } = await openWorld({ model, codeInterpreter, sim: { uploadOrigin: elsewhere.origin } });
  const thread = asks(sim);
  await sim.until(() => thread.view().includes('⚠️ one.png could not be uploaded'));
  expect(thread.view()).toContain(`127.0.0.1:${elsewhere.port} is none of Slack's hosts.`);
  expect(elsewhere.caught).toEqual([]);
});

test('what one person shall read is told to Slack alone, wherever a click says that it may be answered', async () => {
  const elsewhere = await trapped();
  const { sim } = await openWorld({ model: new ScriptedModel(says('x')) });
  const ann = sim.user('ann');
  const root = ann.says('C0ELSEWHERE', 'no bot here');
  const dispatch = sim.delivery.dispatch.bind(sim.delivery);
  sim.delivery.dispatch = ({ type, payload }) =>
    dispatch({ type, payload: { ...payload, response_url: `${elsewhere.origin}/response` } });
  await ann.usesShortcut(root, SHORTCUTS.stop);
  await sim.settled();
  await asks(sim).quiet();
  expect(elsewhere.caught).toEqual([]);
});
