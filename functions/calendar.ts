import { randomUUID } from 'node:crypto';
import { defineFunction, FunctionError } from 'bobbin/functions';
import { z } from 'zod';

/** Calendars take no longer lines: https://www.rfc-editor.org/rfc/rfc5545#section-3.1 */
const LINE_BYTES = 75;

export default defineFunction({
  name: 'calendar_invitation',
  description:
    'Makes an invitation that people add to their calendar with a click: an .ics file, which is attached to the reply. Ask for the time zone when it is not clear from the conversation.',
  parameters: z.object({
    title: z.string().trim().min(1).max(200).describe('What it is about, as the calendar shows it'),
    start: z.iso
      .datetime({ local: true })
      .describe('Local time at which it begins, such as 2027-01-20T14:30'),
    time_zone: z.string().describe('The time zone of that, such as Europe/Berlin or America/New_York'),
    minutes: z.int().min(1).max(1_440).default(30).describe('How long it takes'),
    place: z.string().max(500).optional().describe('Where, or the address of the call'),
    notes: z.string().max(5_000).optional().describe('What people should know or prepare'),
  }),
  // Whoever is given two files has lost nothing.
  repeatable: true,
  handler({ title, start, time_zone, minutes, place, notes }) {
    const begins = timeOf(start, time_zone);
    const ends = begins.add({ minutes });
    const lines = [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Bobbin//calendar_invitation//EN',
      'BEGIN:VEVENT',
      `UID:${randomUUID()}`,
      `DTSTAMP:${stamp(Temporal.Now.instant())}`,
      `DTSTART:${stamp(begins.toInstant())}`,
      `DTEND:${stamp(ends.toInstant())}`,
      `SUMMARY:${escaped(title)}`,
      ...(place ? [`LOCATION:${escaped(place)}`] : []),
      ...(notes ? [`DESCRIPTION:${escaped(notes)}`] : []),
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ];
    const when = begins.toLocaleString('en', { dateStyle: 'full', timeStyle: 'short' });
    return {
      text: `The invitation is for ${when} (${time_zone}), ${minutes} minutes.`,
      files: [{ name: fileName(title), bytes: Buffer.from(lines.flatMap(folded).join('\r\n')) }],
    };
  },
});

/** Throws a `FunctionError` with which the model can mend what it gave. */
function timeOf(start: string, timeZone: string): Temporal.ZonedDateTime {
  const now = nowIn(timeZone);
  const time = localTime(start, timeZone);
  if (Temporal.ZonedDateTime.compare(time, now) < 0)
    throw new FunctionError(
      `${start} is over: in ${timeZone} it is ${now.toPlainDateTime().toString({ smallestUnit: 'minute' })} now. Give a time that is still to come.`,
    );
  return time;
}

function nowIn(timeZone: string): Temporal.ZonedDateTime {
  try {
    return Temporal.Now.zonedDateTimeISO(timeZone);
  } catch (cause) {
    throw new FunctionError(
      `${JSON.stringify(timeZone)} is not a time zone: give one such as Europe/Berlin, or ask where they are.`,
      { cause },
    );
  }
}

function localTime(start: string, timeZone: string): Temporal.ZonedDateTime {
  try {
    return Temporal.PlainDateTime.from(start).toZonedDateTime(timeZone, { disambiguation: 'reject' });
  } catch (cause) {
    throw new FunctionError(
      `There is no one such time as ${start} in ${timeZone}, because the clocks are changed then. Give another one.`,
      { cause },
    );
  }
}

/** As in `20270120T133000Z`. */
function stamp(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: 'second' }).replace(/[-:]/g, '');
}

/** https://www.rfc-editor.org/rfc/rfc5545#section-3.3.11 */
function escaped(text: string): string {
  return text
    .replace(/[\\;,]/g, '\\$&')
    .replace(/\r\n?|\n/g, '\\n')
    .replace(/\p{Cc}/gu, '');
}

/** A line as several, of which all but the first begin with a space; no character is split. */
function folded(line: string): string[] {
  const lines = [''];
  let bytes = 0;
  for (const character of line) {
    bytes += Buffer.byteLength(character);
    if (bytes > LINE_BYTES) {
      lines.push(' ');
      bytes = 1 + Buffer.byteLength(character);
    }
    lines[lines.length - 1] += character;
  }
  return lines;
}

function fileName(title: string): string {
  const plain = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
  return `${plain.slice(0, 60) || 'invitation'}.ics`;
}
