import { outputsIn, type Question, type SeenWord, wordsIn } from './questions.ts';

/** What a person sees of one conversation, whatever the platform. */
export interface SeenConversation {
  readonly name: string;
  /** What the bot's messages say, as they stand there from top to bottom. */
  readonly messages: readonly string[];
  /** What there says that the bot is still at work, such as a Stop button. */
  readonly atWork: readonly string[];
}

/** One question that was asked. */
export interface Asked {
  readonly question: Question;
  /** The name of its conversation. */
  readonly conversation: string;
  readonly delivery: Delivery;
}

/** How a platform brought something to the bot, as places in the order of all that it brought. */
export interface Delivery {
  /** The bot may have had it from then on: an acknowledgement that is lost does not tell. */
  readonly sent: number;
  /** The bot had it then. What it had earlier may overtake it. */
  readonly arrived: number;
}

/** What happened, as far as it says what people should see. */
export interface History {
  /** In the order in which people wrote. */
  readonly asked: readonly Asked[];
  /** The questions of each turn that the model was made to fail for good. */
  readonly failedTurns: readonly (readonly number[])[];
}

export type Kind =
  | 'lost'
  | 'duplicated'
  | 'incomplete'
  | 'out of order'
  | 'misplaced'
  | 'apology'
  | 'stray'
  | 'stuck';

export interface Violation {
  readonly kind: Kind | 'active run' | 'orphan' | 'shutdown';
  readonly conversation?: string;
  readonly question?: number;
  readonly what: string;
}

/** How a reply says that it failed, on every platform. */
const APOLOGY = /⚠️ (.+)/g;
/** An apology tells the person what to do. */
const ADVICE = /\b(ask|try|check|set|choose|press|send)\b/i;
/** Nobody presses Stop here. */
const STOPPED = /^(-# )?Stopped\.$/m;
/** Of a message that has no business there so much is quoted. */
const EXCERPT = 80;

/** Whether all of the answer stands there. */
export function isAnswered({ messages }: SeenConversation, { number, words }: Question): boolean {
  const seen = wordsIn(messages.join('\n')).filter(({ question }) => question === number);
  return new Set(seen.map(({ at }) => at)).size === words;
}

export function apologiesIn({ messages }: SeenConversation): string[] {
  return messages.flatMap((text) => [...text.matchAll(APOLOGY)].map(([, sentence = '']) => sentence));
}

/** Compares what people see with what was asked: every question is answered once, whole, in order and in its place. */
export function audit(history: History, seen: readonly SeenConversation[]): Violation[] {
  const askedAbout = new Map(history.asked.map((asked) => [asked.question.number, asked]));
  const conversations = new Map(seen.map((conversation) => [conversation.name, conversation]));
  const names = new Set([...conversations.keys(), ...history.asked.map(({ conversation }) => conversation)]);
  const questions = Map.groupBy(history.asked, ({ conversation }) => conversation);
  return [...names].flatMap((name) => {
    const conversation = conversations.get(name) ?? { name, messages: [], atWork: [] };
    const asked = questions.get(name) ?? [];
    const own = new Set(asked.map(({ question }) => question.number));
    const failed = history.failedTurns.filter((turn) => turn.some((number) => own.has(number)));
    const words = wordsIn(conversation.messages.join('\n'));
    return [
      ...asked.flatMap(({ question }) => answerViolations(question, conversation, words, failed.flat())),
      ...orderViolations(asked, words),
      ...misplaced(words, name, askedAbout),
      ...apologyViolations(conversation, asked, failed),
      ...strays(conversation),
      ...conversation.atWork.map((what) => ({ kind: 'stuck' as const, what })),
    ].map((violation) => ({ conversation: name, ...violation }));
  });
}

function answerViolations(
  { number, words: length, codeAfter }: Question,
  { messages }: SeenConversation,
  words: readonly SeenWord[],
  excused: readonly number[],
): Violation[] {
  const found = words.filter(({ question }) => question === number).map(({ at }) => at);
  const distinct = new Set(found);
  const runs = outputsIn(messages.join('\n')).filter((question) => question === number).length;
  const isWhole = distinct.size >= length;
  const violations: Violation[] = [];
  const note = (kind: Kind, what: string) => violations.push({ kind, question: number, what });
  if (found.length > distinct.size) note('duplicated', `${found.length - distinct.size} words stand twice`);
  if (runs > 1) note('duplicated', `its Python's output stands there ${runs} times`);
  if (found.some((at, index) => at <= (found[index - 1] ?? 0)) && found.length === distinct.size)
    note('out of order', 'its words do not follow each other');
  if (found.some((at) => at > length)) note('stray', 'there are words beyond its end');
  if (excused.includes(number)) return violations;
  if (distinct.size === 0) note('lost', 'nothing answers it');
  else if (!isWhole) note('incomplete', `${length - distinct.size} of ${length} words are missing`);
  else if (codeAfter !== undefined && runs === 0) note('incomplete', "its Python's output is missing");
  return violations;
}

/** The answer to an earlier question is over before that to a later one begins. */
function orderViolations(asked: readonly Asked[], words: readonly SeenWord[]): Violation[] {
  const places = new Map<number, { first: number; last: number }>();
  for (const [place, { question }] of words.entries())
    places.set(question, { first: places.get(question)?.first ?? place, last: place });
  return asked.slice(1).flatMap((later, index): Violation[] => {
    const place = places.get(later.question.number);
    if (!place) return [];
    const overtaken = asked
      .slice(0, index + 1)
      .filter(({ delivery }) => delivery.arrived <= later.delivery.sent)
      .filter(({ question }) => (places.get(question.number)?.last ?? -1) > place.first)
      .map(({ question }) => question.number);
    if (overtaken.length === 0) return [];
    const what = `its answer begins before that to ${overtaken.join(', ')} is over`;
    return [{ kind: 'out of order', question: later.question.number, what }];
  });
}

function misplaced(
  words: readonly SeenWord[],
  name: string,
  askedAbout: ReadonlyMap<number, Asked>,
): Violation[] {
  return [...new Set(words.map(({ question }) => question))].flatMap((question): Violation[] => {
    const asked = askedAbout.get(question);
    if (asked?.conversation === name) return [];
    const what = asked ? `it was asked in ${asked.conversation}` : 'nobody asked it';
    return [{ kind: 'misplaced', question, what }];
  });
}

/** Exactly one for each turn that failed, unless its questions are answered all the same; each says what to do. */
function apologyViolations(
  conversation: SeenConversation,
  asked: readonly Asked[],
  failed: readonly (readonly number[])[],
): Violation[] {
  const apologies = apologiesIn(conversation);
  const most = new Set(failed.map((turn) => turn.join())).size;
  const isMissing = (number: number) => {
    const question = asked.find((one) => one.question.number === number)?.question;
    return question !== undefined && !isAnswered(conversation, question);
  };
  const violations = apologies
    .filter((sentence) => !ADVICE.test(sentence))
    .map((sentence): Violation => ({ kind: 'apology', what: `it does not say what to do: ${sentence}` }));
  if (apologies.length > most)
    violations.push({
      kind: 'apology',
      what: `${apologies.length} where ${most} were due: ${apologies.join(' | ')}`,
    });
  if (apologies.length === 0 && failed.flat().some(isMissing))
    violations.push({ kind: 'apology', what: 'nothing says why the answer broke off' });
  return violations;
}

function strays({ messages }: SeenConversation): Violation[] {
  return messages.flatMap((text): Violation[] => {
    const isAnswer = wordsIn(text).length > 0 || /\bc\d+\b/.test(text) || text.includes('⚠️');
    if (isAnswer && !STOPPED.test(text)) return [];
    return [{ kind: 'stray', what: `this stands there: ${text.slice(0, EXCERPT)}` }];
  });
}
