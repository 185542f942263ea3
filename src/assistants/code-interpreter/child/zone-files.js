// Time zones as Python's zoneinfo reads them. When the clocks change is known to the runtime; what the times are called,
// such as CET and CEST, and which of them is a summer time, says the IANA database (https://www.iana.org/time-zones).

/** @typedef {[minutesWest: string, rules: string, format: string, until: string | null]} Line until when, in milliseconds */
/** @typedef {[from: string, to: string, type: string, month: string, day: string, time: string[], minutes: string, letter: string]} Rule */
/** @typedef {{ zones: Record<string, Line[] | string>, rules: Record<string, Rule[]> }} Database as the package `tzdata` has it */

/** Clocks that somebody in this conversation may ask for: every change is listed, and each year has two. */
const FIRST_YEAR = 1800;
const LAST_YEAR = 2100;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** A time that goes on for a while: since when, in milliseconds; how far from UTC, in seconds. */
/** @typedef {{ since: number, offset: number }} Period */
/** @typedef {{ offset: number, isSummer: boolean, name: string }} LocalTime */

/**
 * The files of all zones (https://www.rfc-editor.org/rfc/rfc9636), one after another, and where each begins and ends.
 *
 * @param {Database} database
 * @returns {{ bytes: Buffer, places: Record<string, [number, number]> }}
 */
export function zoneFiles({ zones, rules }) {
  /** @type {Buffer[]} */
  const files = [];
  /** @type {Record<string, [number, number]>} */
  const places = {};
  let at = 0;
  for (const [name, lines] of Object.entries(zones)) {
    if (typeof lines === 'string') continue;
    const periods = periodsOf(name, lines);
    if (!periods) continue;
    const file = zoneFile(periods, (period, next) => localTime(lines, rules, period, next));
    files.push(file);
    places[name] = [at, at + file.length];
    at += file.length;
  }
  for (const [name, target] of Object.entries(zones)) {
    const place = typeof target === 'string' ? places[target] : undefined;
    if (place) places[name] = place;
  }
  return { bytes: Buffer.concat(files), places };
}

/**
 * When the zone's clocks changed, and where one line of the database follows another without a change of them.
 *
 * @param {string} zone
 * @param {Line[]} lines
 * @returns {Period[] | undefined} undefined for a zone that the runtime does not have
 */
function periodsOf(zone, lines) {
  const start = startIn(zone);
  if (!start) return undefined;
  /** @type {Period[]} */
  const periods = [];
  for (let now = start, next; now.year <= LAST_YEAR; now = next) {
    const since = now === start ? Number.NEGATIVE_INFINITY : now.epochMilliseconds;
    const offset = now.offsetNanoseconds / 1e9;
    next = now.getTimeZoneTransition('next');
    const end = next?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
    const others = lines
      .map((line) => endOf(line) - offset * SECOND)
      .filter((until) => until > since + DAY && until < end - DAY);
    periods.push({ since, offset }, ...others.map((until) => ({ since: until, offset })));
    if (!next) break;
  }
  return periods;
}

/** @param {string} zone */
function startIn(zone) {
  try {
    return Temporal.ZonedDateTime.from({ timeZone: zone, year: FIRST_YEAR, month: 1, day: 1 });
  } catch {
    return undefined;
  }
}

/**
 * @param {Line[]} lines
 * @param {Record<string, Rule[]>} rules
 * @param {Period} period
 * @param {Period | undefined} next
 * @returns {LocalTime}
 */
function localTime(lines, rules, { since, offset }, next) {
  const begin = Number.isFinite(since) ? since : Date.UTC(FIRST_YEAR);
  const middle = (begin + (next?.since ?? begin + DAY)) / 2 + offset * SECOND;
  const at = lines.findIndex((line) => endOf(line) > middle);
  const nearest = [lines[at], lines[at - 1], lines[at + 1]].filter((line) => line !== undefined);
  const line = nearest.find((each) => fits(each, rules, offset)) ?? nearest[0];
  const [, ruleName = '-', format = '%z'] = line ?? [];
  const summer = line ? summerOf(line, offset) : 0;
  const letter = letterOf(rules[ruleName] ?? [], new Date(begin).getUTCFullYear(), summer);
  return { offset, isSummer: summer !== 0, name: nameOf(format, offset, summer !== 0, letter) };
}

/**
 * When a line ends, as a clock there would show it. Where the database has only a year, the package has its last day
 * instead of its first.
 *
 * @param {Line} line
 */
function endOf([, , , until]) {
  if (until === null) return Number.POSITIVE_INFINITY;
  const day = new Date(Number(until));
  const isLastDay = day.getUTCMonth() === 11 && day.getUTCDate() === 31 && Number(until) % DAY === 0;
  return isLastDay ? Date.UTC(day.getUTCFullYear(), 0, 1) : Number(until);
}

/**
 * Whether the line can have led to this offset.
 *
 * @param {Line} line
 * @param {Record<string, Rule[]>} rules
 * @param {number} offset
 */
function fits(line, rules, offset) {
  const summer = summerOf(line, offset);
  const fixed = /^(-?)(\d+):(\d+)/.exec(line[1]);
  if (fixed) return summer === Number(`${fixed[1]}1`) * (Number(fixed[2]) * 60 + Number(fixed[3]));
  return summer === 0 || (rules[line[1]] ?? []).some((rule) => Number(rule[6]) === summer);
}

/**
 * How many minutes the clocks are ahead of the line's standard time.
 *
 * @param {Line} line
 * @param {number} offset
 */
function summerOf([west], offset) {
  return (offset + Math.round(Number(west) * 60)) / 60;
}

/**
 * What stands for `%s` in a name: in the rules' own words, at the latest rule of that year with so much summer time.
 *
 * @param {Rule[]} rules
 * @param {number} year
 * @param {number} minutes of summer time
 */
function letterOf(rules, year, minutes) {
  const same = rules.filter((rule) => Number(rule[6]) === minutes);
  const before = same.filter(([from]) => Number(from) <= year);
  const during = before.filter(([from, to]) => to === 'max' || Number(to === 'only' ? from : to) >= year);
  const rule = during.at(-1) ?? before.toSorted((a, b) => lastYear(a) - lastYear(b)).at(-1) ?? same[0];
  return rule && rule[7] !== '-' ? rule[7] : '';
}

/** @param {Rule} rule */
function lastYear([from, to]) {
  return Number(to === 'only' ? from : to);
}

/**
 * @param {string} format
 * @param {number} offset
 * @param {boolean} isSummer
 * @param {string} letter
 */
function nameOf(format, offset, isSummer, letter) {
  const [standard = '', summer] = format.split('/');
  if (summer !== undefined) return isSummer ? summer : standard;
  return format.replace('%s', letter).replace('%z', numberOf(offset));
}

/** @param {number} offset such as -12600 for `-0330` */
function numberOf(offset) {
  const minutes = Math.floor(Math.abs(offset) / 60);
  const digits = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
  return (offset < 0 ? '-' : '+') + digits.join('').replace(/00$/, '');
}

/**
 * @param {Period[]} periods
 * @param {(period: Period, next: Period | undefined) => LocalTime} timeOf
 */
function zoneFile(periods, timeOf) {
  /** @type {LocalTime[]} */
  const times = [];
  /** @type {{ since: number, time: number }[]} */
  const changes = [];
  for (const [at, period] of periods.entries()) {
    const time = timeOf(period, periods[at + 1]);
    const known = times.findIndex((other) => isSame(other, time));
    const index = known < 0 ? times.push(time) - 1 : known;
    if (at > 0 && index !== (changes.at(-1)?.time ?? 0)) changes.push({ since: period.since, time: index });
  }
  const names = [...new Set(times.map(({ name }) => name))];
  const text = Buffer.from(names.map((name) => `${name}\0`).join(''));
  const body = Buffer.alloc(changes.length * 9 + times.length * 6);
  let end = 0;
  for (const { since } of changes) end = body.writeBigInt64BE(BigInt(Math.round(since / SECOND)), end);
  for (const { time } of changes) end = body.writeUInt8(time, end);
  for (const { offset, isSummer, name } of times) {
    end = body.writeInt32BE(offset, end);
    end = body.writeUInt8(Number(isSummer), end);
    end = body.writeUInt8(
      names.slice(0, names.indexOf(name)).join(' ').length + Number(name !== names[0]),
      end,
    );
  }
  const noOldBody = header(0, 0, 0);
  return Buffer.concat([
    noOldBody,
    header(changes.length, times.length, text.length),
    body,
    text,
    Buffer.from('\n\n'),
  ]);
}

/**
 * @param {number} changes
 * @param {number} times
 * @param {number} textBytes
 */
function header(changes, times, textBytes) {
  const bytes = Buffer.alloc(44);
  bytes.write('TZif2');
  for (const [at, count] of [0, 0, 0, changes, times, textBytes].entries())
    bytes.writeUInt32BE(count, 20 + at * 4);
  return bytes;
}

/**
 * @param {LocalTime} one
 * @param {LocalTime} other
 */
function isSame(one, other) {
  return one.offset === other.offset && one.isSummer === other.isSummer && one.name === other.name;
}
