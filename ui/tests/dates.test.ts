// What is said of times, at every hour, date and zone that has ever been a trap. Pure and quick: the whole
// product. The drawn suites run in a selection of them, see vitest.dates.config.ts.

import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { DATES, HOURS, OFFSETS, ZONES, type Moment } from './moments';

type Clock = typeof import('../src/model/wallclock');

const zoneBefore = process.env['TZ'];
afterAll(() => {
  if (zoneBefore === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zoneBefore;
});

/** The modules anew, as seen from a moment: the fake data is made when it is loaded. */
async function at({ date, hour }: Moment) {
  vi.resetModules();
  const clock: Clock = await import('../src/model/wallclock');
  const now = new Date(`${date}T${hour}:00`);
  clock.setWallClock(now);
  const backends = await import('../src/host/fake/backends');
  const people = await import('../src/host/fake/people');
  const { agenda } = await import('../src/model/agenda');
  const { days } = await import('../src/model/history');
  const { historyPage } = await import('../src/host/fake/history');
  const { chat } = await import('../src/host/fake/chats');
  const { stretches } = await import('../src/model/thread');
  const format = await import('../src/model/format');
  const { language } = await import('../src/text/text');
  return { now, clock, agenda, days, historyPage, chat, stretches, format, english: language('en-GB'), ...backends, ...people };
}

describe.each(ZONES)('in %s', (zone) => {
  beforeEach(() => {
    process.env['TZ'] = zone;
  });

  describe.each(DATES)('on %s', (date) => {
    it.each(HOURS)('at %s', async (hour) => {
      const { now, clock, agenda, days, historyPage, chat, stretches, format, english, practitioner, therapist, seller, dealer } =
        await at({ date, hour });
      // The zone was taken: names differ between ICU versions, minutes from UTC do not.
      expect(new Date('2026-07-01T00:00:00Z').getTimezoneOffset()).toBe(OFFSETS[zone]);

      // Appointments: those of today are today's, in order, on the side of now that they claim.
      const { waiting, today, later } = agenda(practitioner().contacts);
      expect(waiting.map(({ contact }) => contact.id)).toEqual(['a1']);
      expect(today.map(({ contact }) => contact.id)).toEqual(['a4', 'a2', 'a3', 'a9']);
      expect(today.map((visit) => visit.at! > now)).toEqual([false, true, true, true]);
      expect(later.map((day) => [format.dayTitle(day.date, english), day.visits.length])).toEqual([
        ['Tomorrow', 2],
        [expect.any(String), 1],
      ]);
      expect(later.map(({ away }) => away)).toEqual([1, 6]);

      const sessions = agenda(therapist().contacts);
      expect(sessions.today.map(({ contact }) => contact.id)).toEqual(['therapy_1']);
      expect(sessions.earlier.map(({ contact }) => contact.id)).toEqual(['therapy_3']);
      expect(sessions.later.map(({ away }) => away)).toEqual([1]);

      // Calls: newest first, whatever the hour, by day.
      const entries = historyPage([seller(), dealer()], {}, 1).entries;
      expect(entries.every((entry) => new Date(entry.started_at) <= now)).toBe(true);
      const titles = days(entries, english).map((one) => [one.title, one.entries.length]);
      expect(titles[0]).toEqual(['Today', 4]);
      expect(titles[1]).toEqual(['Yesterday', 2]);
      expect(new Set(titles.map(([title]) => title)).size).toBe(titles.length);

      // Messages: yesterday's and today's, never more days than that.
      const stretch = stretches(chat(2, 'room-tariq').messages, null);
      expect(stretch.map((one) => format.dayTitle(one.date!, english))).toEqual(['Yesterday', 'Today']);

      // The clock's own arithmetic: a day is neither skipped nor met twice.
      const names = [-1, 0, 1].map((away) => format.dayTitle(clock.startOfDay(now, away), english));
      expect(names).toEqual(['Yesterday', 'Today', 'Tomorrow']);
      expect(format.daysBetween(now, new Date(clock.startOfDay(now, 1).getTime() - 1))).toBe(0);
    });
  });
});
