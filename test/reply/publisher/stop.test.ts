import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Budget } from '../../../src/budget.ts';
import { type Call, RateLimited, type Reply } from '../../../src/platform.ts';
import { Publisher, type PublisherOptions } from '../../../src/reply/publisher/publisher.ts';
import { RateBudget } from '../../../src/reply/publisher/rate-budget.ts';
import type { Limits, Outcome, ReplyFile, View } from '../../../src/view.ts';
import { CHANNEL } from './budget-scene.ts';
import { textTranscript } from './text-transcript.ts';
import { settled, VirtualClock } from './virtual-clock.ts';

const LIMITS: Limits = { characters: 200, tables: 'markdown' };
/** For every call until it is answered, in milliseconds. */
const LATENCY = 100;

/** A reply in messages: each call posts or edits one; then come the files, one in a message, and then the end. */
class Pages implements Reply {
  readonly limits = LIMITS;
  readonly pages: string[] = [];
  readonly files: string[] = [];
  outcome: Outcome | undefined;
  /** How the next calls fail; the second kind works all the same. */
  failures: ('refused' | 'lost')[] = [];
  readonly #budget: Budget;
  readonly #clock: VirtualClock;

  constructor(budget: Budget, clock: VirtualClock) {
    this.#budget = budget;
    this.#clock = clock;
  }

  next({ parts, files, outcome }: View): Call | undefined {
    const index = parts.findIndex(({ text }, at) => text !== this.pages[at]);
    if (index >= 0)
      return this.#call(() => (this.pages[index] = parts[index]?.text ?? ''), { shows: index + 1 });
    const file = files.find(({ id }) => !this.files.includes(id));
    if (file) return this.#call(() => this.files.push(file.id), { files: [file.id] });
    return outcome === this.outcome ? undefined : this.#call(() => (this.outcome = outcome), {});
  }

  #call(work: () => unknown, brings: Partial<Call>): Call {
    const send = async () => {
      await new Promise<void>((resolve) => this.#clock.after(LATENCY, resolve));
      const failure = this.failures.shift();
      if (failure === 'refused') throw new RateLimited(1_000);
      work();
      if (failure === 'lost') throw new Error('The answer was lost.');
    };
    return { budget: this.#budget, ...brings, send };
  }
}

function open(options: PublisherOptions = {}) {
  const clock = new VirtualClock();
  const pages = new Pages(new RateBudget({ name: 'test', limit: CHANNEL, clock }), clock);
  const publisher = new Publisher(pages, { toolCall: () => undefined }, pino({ level: 'silent' }), {
    clock,
    ...options,
  });
  return { clock, pages, publisher };
}

const file = (id: string): ReplyFile => ({ id, name: id, bytes: new Uint8Array(1) });

/** Paragraphs and code, some of which is longer than a message. */
const LONG = Array.from(
  { length: 12 },
  (_, n) => `Paragraph ${n}.\n\n\`\`\`python\n${`print(${n})\n`.repeat(10 + n)}\`\`\`\n\n`,
).join('');

const isBalanced = (page: string) => (page.match(/^```/gm)?.length ?? 0) % 2 === 0;

test('after a stop no message and no file comes that nobody saw, whenever it comes and whatever fails', async () => {
  const failures = fc.array(fc.constantFrom<'refused' | 'lost'>('refused', 'lost'), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.nat(40_000),
      fc.nat(40_000),
      fc.option(failures, { nil: [] as ('refused' | 'lost')[] }),
      async (endsAt, stopsAt, failing) => {
        const { clock, pages, publisher } = open();
        pages.failures = failing;
        let ended: Outcome | undefined;
        for (let at = 0; at < endsAt; at += 100) {
          const shown = textTranscript(LONG.slice(0, 1 + (LONG.length * at) / endsAt));
          clock.after(at, () => publisher.update(shown));
        }
        clock.after(endsAt, async () => {
          publisher.update(textTranscript(LONG));
          ended = await publisher.finish({ status: 'completed' }, ['a', 'b', 'c'].map(file));
        });
        await clock.runUntil(stopsAt);
        publisher.stop();
        // A call that is under way can't be called back.
        await clock.runUntil(stopsAt + LATENCY);
        const [count, files, before] = [pages.pages.length, pages.files.length, pages.pages.join('')];
        await clock.runUntil(200_000);
        expect(pages.pages.length).toBe(count);
        expect(pages.files.length).toBe(files);
        expect(pages.pages.filter((page) => !isBalanced(page))).toEqual([]);
        expect(pages.outcome).toEqual(ended);
        const isAll = files === 3;
        expect(ended).toEqual({ status: isAll ? 'completed' : 'stopped' });
        if (!failing.includes('refused')) expect(pages.pages.join('')).toBe(before);
      },
    ),
    { numRuns: 60 },
  );
});

test('a reply that failed still says why when its rest is stopped', async () => {
  const { clock, pages, publisher } = open();
  publisher.update(textTranscript(LONG));
  void publisher.finish({ status: 'failed', error: 'The provider is down.' });
  await clock.runUntil(1_000);
  publisher.stop();
  await clock.runUntil(60_000);
  expect(pages.outcome).toEqual({ status: 'failed', error: 'The provider is down.' });
  expect(pages.pages.length).toBeLessThan(10);
});

test('a stop before anything is shown shows nothing but that it was stopped', async () => {
  const { clock, pages, publisher } = open();
  publisher.stop();
  publisher.update(textTranscript(LONG));
  await settled();
  await clock.runUntil(60_000);
  expect(pages.pages).toEqual([]);
  expect(pages.outcome).toEqual({ status: 'stopped' });
});

test('a stop that comes before anything is known of a begun reply does not end it with nothing: its run says what it wrote', async () => {
  const { clock, pages, publisher } = open({ begun: 'perhaps seen' });
  publisher.stop();
  publisher.update(textTranscript('What it had shown.'));
  const finished = publisher.finish({ status: 'stopped' });
  await clock.runUntil(10_000);
  await finished;
  expect(pages.pages).toEqual(['What it had shown.']);
  expect(pages.outcome).toEqual({ status: 'stopped' });
});
