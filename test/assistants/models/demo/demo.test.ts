import { describe, expect, it } from 'vitest';
import { demoModel } from '../../../../src/assistants/models/demo.ts';
import type { ModelItem, ModelRequest } from '../../../../src/assistants/models/model.ts';
import { CODE_INTERPRETER, callsOf, collect, requestOf, textOf } from '../collect.ts';

const model = demoModel({ wordDelayMs: 0 });
const WITH_PYTHON: Partial<ModelRequest> = { tools: [CODE_INTERPRETER] };

function says(role: 'user' | 'assistant', text: string): ModelItem {
  return { type: 'message', role, content: [{ type: 'text', text }] };
}

/** Has the demo answer `items` until it calls no more tools; `outputs` are what its code gives, in order. */
async function converse(
  items: ModelItem[],
  outputs: string[],
  more = WITH_PYTHON,
): Promise<{ texts: string[]; codes: string[] }> {
  const texts: string[] = [];
  const codes: string[] = [];
  const all = [...items];
  for (;;) {
    const events = await collect(model, requestOf('', { ...more, items: all }));
    texts.push(textOf(events));
    const [call] = callsOf(events);
    if (!call) return { texts, codes };
    codes.push(JSON.parse(call.arguments).code);
    all.push(says('assistant', textOf(events)), { type: 'tool_call', ...call });
    all.push({ type: 'tool_output', callId: call.callId, output: outputs.shift() ?? '' });
  }
}

describe('the demo model', () => {
  it.each(['python', 'py', 'Python3', ''])(
    'runs a block fenced as %j exactly as it stands',
    async (language) => {
      const code = 'if True:\n    print("` \\ \t🧵")  \n';
      const { texts, codes } = await converse(
        [says('user', `Run this:\n\`\`\`${language}\n${code}\n\`\`\`\nThanks!`)],
        ['` \\ 🧵\n'],
      );
      expect(codes).toEqual([code]);
      expect(texts).toEqual(["I'll run that.", 'I ran your code; its output is above.']);
    },
  );

  it('runs a block that is never closed, and one in a single line', async () => {
    const { codes } = await converse([says('user', '```print(1)```\n~~~py\nprint(2)')], []);
    expect(codes).toEqual(['print(1)', 'print(2)']);
  });

  it('leaves blocks in other languages alone', async () => {
    const { texts, codes } = await converse([says('user', '```sh\nrm -rf /\n```')], []);
    expect(codes).toEqual([]);
    expect(texts[0]).toContain('offline demo');
  });

  it('streams the code in pieces that join back to it', async () => {
    const code = `print("${'🧵'.repeat(99)}")`;
    const events = await collect(model, requestOf(`\`\`\`\n${code}\n\`\`\``, WITH_PYTHON));
    expect(events.filter(({ type }) => type === 'tool_arguments').length).toBeGreaterThan(3);
    expect(callsOf(events)).toEqual([
      expect.objectContaining({ name: 'code_interpreter', arguments: JSON.stringify({ code }) }),
    ]);
    expect(events.at(-1)).toEqual({ type: 'end', reason: 'stop' });
  });

  it('quotes a short result and names the exception that stopped the code', async () => {
    const block = says('user', '```python\nprint(2**100)\n```');
    const short = await converse([block], ['1267650600228229401496703205376\n']);
    expect(short.texts[1]).toBe('Your code ran and gave `1267650600228229401496703205376`.');
    const traceback =
      'Traceback (most recent call last):\n  File "<exec>", line 1, in <module>\nZeroDivisionError: division by zero\n';
    expect((await converse([block], [traceback])).texts[1]).toBe(
      'The code did not come to its end: `ZeroDivisionError: division by zero`',
    );
  });

  it('solves a linear equation by writing Python for it', async () => {
    const question = 'I need to solve the equation `3x + 11 = 14`. Can you help me?';
    const { texts, codes } = await converse([says('user', question)], ['x = 1\n']);
    expect(codes[0]).toContain('return 3 * x + 11');
    expect(texts).toEqual(["I'll write some Python to solve `3x + 11 = 14`.", 'The solution is x = 1.']);
  });

  it.each([
    ['solve x + 1 = x', 'there is no solution\n', 'It has no solution'],
    ['solve 2x = x + x', 'every number is a solution\n', 'Every number solves it'],
    [
      'solve x/0 = 1',
      'Traceback (most recent call last):\nZeroDivisionError: Fraction(1, 0)\n',
      'The code did not come to its end: `ZeroDivisionError: Fraction(1, 0)`',
    ],
    [
      'solve 2x = 1',
      'The code was stopped after 60 seconds, its time limit. Its variables are gone.\n',
      'The code did not come to its end: `The code was stopped after 60 seconds, its time limit.',
    ],
    ['solve 2x = 1', '', 'The code did not come to its end; its output says why.'],
  ])('tells the outcome of %j', async (question, output, told) => {
    expect((await converse([says('user', question)], [output])).texts[1]).toContain(told);
  });

  it.each([
    ['solve x^2 = 4', '`x^2 = 4` is not linear'],
    ['solve 1/x = 4', '`1/x = 4` is not linear'],
    ['solve 2x + 3y = 7', '`2x + 3y = 7` has 2 unknowns (x, y)'],
  ])('says why it does not solve %j', async (question, told) => {
    const { texts, codes } = await converse([says('user', question)], []);
    expect(codes).toEqual([]);
    expect(texts[0]).toContain(told);
  });

  it('does one thing after the other when a message holds several', async () => {
    const text = '```python\nprint(7)\n```\nAnd solve 2x = 8, and x^2 = 9. How many messages are here?';
    const { texts, codes } = await converse([says('user', text)], ['7\n', 'x = 4\n']);
    expect(codes.length).toBe(2);
    expect(texts[1]).toBe("Your code ran and gave `7`.\n\nI'll write some Python to solve `2x = 8`.");
    expect(texts[2]).toMatch(
      /^The solution is x = 4\.\n\n`x\^2 = 9` is not linear.*\n\nThis thread holds 3 messages/s,
    );
  });

  it('leaves it at five things and says so', async () => {
    const mixed = [
      'solve',
      ...Array.from({ length: 40 }, (_, n) => (n % 2 ? `x^2 = ${n}` : `2x = ${n}`)),
    ].join('\n');
    const { texts, codes } = await converse([says('user', mixed)], []);
    expect(codes.length).toBe(3);
    expect(texts.at(-1)?.match(/is not linear/g)?.length).toBe(2);
    expect(texts.at(-1)).toContain('I stopped after the first 5 of 40.');
  });

  it('answers all messages that came since its last answer', async () => {
    const items = [
      says('user', 'solve 2x = 2'),
      says('assistant', 'x = 1'),
      says('user', '```\nprint(1)\n```'),
      says('user', 'solve 2x = 4'),
    ];
    const { codes } = await converse(items, ['1', 'x = 2']);
    expect(codes).toEqual(['print(1)', expect.stringContaining('# 2x = 4')]);
  });

  it.each([{ tools: [] }, { tools: [CODE_INTERPRETER], toolChoice: 'none' as const }])(
    'calls no code interpreter that it may not call',
    async (more) => {
      const { texts, codes } = await converse([says('user', 'solve 2x = 2')], [], more);
      expect(codes).toEqual([]);
      expect(texts[0]).toContain('no code interpreter');
    },
  );

  it.each(['What is my first name?', 'How many people live in Rome?'])(
    'does not take %j for a question about the thread',
    async (text) => {
      expect((await converse([says('user', text)], [])).texts[0]).toContain('offline demo');
    },
  );

  it.each([
    'what did I say first',
    'What was my first message?',
    'do you remember me?',
    'How many messages?',
    'Tell me what I said first',
  ])('takes %j for one', async (text) => {
    expect((await converse([says('user', text)], [])).texts[0]).toContain('This thread holds 1 message');
  });

  it('counts the messages of the thread and quotes the first one', async () => {
    const items = [
      says('user', 'My cat\nis called Tom.'),
      says('assistant', 'Nice.'),
      says('user', 'How many messages are in this thread?'),
    ];
    const { texts } = await converse(items, []);
    expect(texts[0]).toBe(
      'This thread holds 3 messages that I can see: 2 from you, this one included, and 1 from me. Your first one was:\n\n> My cat\n> is called Tom.',
    );
    expect((await converse([says('user', 'Do you remember what I said first?')], [])).texts[0]).toContain(
      'it is your first',
    );
  });

  it('says what it is and how to connect a model, in full only once', async () => {
    const first = textOf(await collect(model, requestOf('Hello')));
    expect(first).toMatch(/offline demo, not a language model/);
    expect(first).toContain('OPENAI_API_KEY');
    expect(first).toContain('OPENAI_BASE_URL=http://localhost:11434/v1');
    const again = await converse([says('user', 'Hello'), says('assistant', first), says('user', 'Why?')], []);
    expect(again.texts[0]?.length).toBeLessThan(first.length / 2);
    expect(again.texts[0]).toContain('offline demo');
  });

  it('answers to any model name and an empty message, and offers one model', async () => {
    expect(textOf(await collect(model, requestOf('', { model: 'whatever', items: [] })))).toContain(
      'offline demo',
    );
    expect(await model.offered(new AbortController().signal)).toMatchObject([{ id: 'demo' }]);
  });

  it('stops at once when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('Enough.');
    const slow = demoModel({ wordDelayMs: 60_000 })
      .respond(requestOf('Hello'), controller.signal)
      [Symbol.asyncIterator]();
    await slow.next();
    const next = slow.next();
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
  });
});
