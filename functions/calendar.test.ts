import { tryFunction } from 'bobbin/functions/testing';
import { expect, test } from 'vitest';
import invitation from './calendar.ts';

const year = new Date().getUTCFullYear() + 1;
const given = { title: 'Review', start: `${year}-01-20T14:30`, time_zone: 'Europe/Berlin' };

async function calendarOf(args: object): Promise<string> {
  const { files } = await tryFunction(invitation, args);
  return Buffer.from(files[0]?.bytes ?? []).toString();
}

test('an invitation is a file that calendars open, at the right time, half an hour where nothing else is said', async () => {
  const { output, files } = await tryFunction(invitation, { ...given, minutes: null, place: null });
  expect(output).toContain(`January 20, ${year} at 2:30`);
  expect(files.map(({ name }) => name)).toEqual(['review.ics']);
  const calendar = await calendarOf(given);
  expect(calendar.split('\r\n')).toEqual(
    expect.arrayContaining([`DTSTART:${year}0120T133000Z`, `DTEND:${year}0120T140000Z`, 'SUMMARY:Review']),
  );
  expect(calendar).not.toContain('LOCATION');
});

test('what people write stays in its line, and no line is longer than calendars take', async () => {
  const notes = `Bring: pens, paper;\nBEGIN:VEVENT\r\n${'ü'.repeat(100)}`;
  const calendar = await calendarOf({ ...given, title: 'A\\B', notes, place: 'Room 1' });
  expect(calendar.match(/^BEGIN:VEVENT/gm)).toHaveLength(1);
  const lines = calendar.split('\r\n');
  expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(75);
  expect(calendar.replaceAll('\r\n ', '')).toContain(
    `DESCRIPTION:Bring: pens\\, paper\\;\\nBEGIN:VEVENT\\n${'ü'.repeat(100)}\r\n`,
  );
  expect(lines).toEqual(expect.arrayContaining(['SUMMARY:A\\\\B', 'LOCATION:Room 1']));
});

test.each([
  ['a time zone that there is not', { time_zone: 'Berlin' }, /is not a time zone: give one such as/],
  ['a time that is over', { start: '2020-01-20T14:30' }, /is over: in Europe\/Berlin it is .* now/],
  ['a time that the change of clocks leaves out', { start: '2027-03-28T02:30' }, /no one such time/],
  ['a time that is none', { start: 'tomorrow' }, /The arguments don't match\. start: /],
])('the model is told how to mend %s', async (_, wrong, told) => {
  expect((await tryFunction(invitation, { ...given, ...wrong })).error).toMatch(told);
});
