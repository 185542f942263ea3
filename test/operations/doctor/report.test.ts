import { expect, test } from 'vitest';
import { broken, limited, unknown, well } from '../../../src/operations/doctor/finding.ts';
import { redactor } from '../../../src/operations/doctor/redact.ts';
import { report } from '../../../src/operations/doctor/report.ts';
import { Problem } from '../../../src/problem.ts';
import { readSettings } from '../../../src/settings/settings.ts';
import { TextSink } from './text-sink.ts';

const plain = (text: string) => text;

test('each finding has a mark, what is wrong is counted, and nothing is coloured in a pipe', async () => {
  const sink = new TextSink();
  const findings = [well('One.'), limited('Two.'), broken('Three.\n- and four.'), unknown('Five.')];
  const isWell = await report([{ title: 'Part', examine: () => findings }], sink, plain);
  expect(isWell).toBe(false);
  expect(sink.text).toBe(
    'Part\n  ✓ One.\n  ! Two.\n  ✗ Three.\n    - and four.\n  ? Five.\n\n' +
      'Put right what has a ✗: 1 of 4. What has a ? could not be checked from here.\n',
  );
});

test('what can be done without is nothing wrong', async () => {
  const sink = new TextSink();
  expect(await report([{ title: 'Part', examine: () => [limited('Two.')] }], sink, plain)).toBe(true);
  expect(sink.text).toMatch(/\nNothing is wrong\.\n$/);
});

test('what is thrown is a finding, and the other parts are looked at all the same', async () => {
  const sink = new TextSink();
  const failing = (error: Error) => ({
    title: 'Part',
    async *examine() {
      yield well('Before.');
      throw error;
    },
  });
  const sections = [failing(new Problem('Do this.')), failing(new Error('boom'))];
  expect(await report(sections, sink, plain)).toBe(false);
  expect(sink.text).toContain('  ✓ Before.\n  ✗ Do this.\nPart\n  ✓ Before.\n  ✗ This went wrong');
  expect(sink.text).toContain('boom');
});

test('names of others move no cursor', async () => {
  const sink = new TextSink();
  const examine = () => [well('The server is \u001b[2J\u202e\u0007evil\r.')];
  await report([{ title: 'Part', examine }], sink, plain);
  expect(sink.text).toContain('  ✓ The server is [2Jevil.\n');
});

test('no secret of the settings gets through, however it came into a sentence', async () => {
  const secrets = {
    OPENAI_API_KEY: 'sk-secret-of-the-model',
    OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
    ASSISTANTS_API_KEY: 'secret-of-the-server',
    SLACK_BOT_TOKEN: 'xoxb-secret-of-slack',
    SLACK_APP_TOKEN: 'xapp-secret-of-slack',
    SLACK_SIGNING_SECRET: 'secret-of-signatures',
    DISCORD_TOKEN: 'secret-of-discord',
    DATABASE_URL: 'postgres://me:secret%20of%20the%20database@host/db',
    HTTPS_PROXY: 'http://me:secret-of-the-proxy@host:1',
  };
  const redact = redactor(await readSettings(secrets));
  for (const secret of Object.values(secrets)) expect(redact(`It is ${secret}.`)).not.toContain('secret');
  expect(redact('It is secret of the database.')).toBe('It is [redacted].');
});
