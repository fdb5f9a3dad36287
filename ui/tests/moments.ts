// Hours, dates and zones at which something that says "today" has gone wrong before.

export interface Moment {
  date: string;
  hour: string;
}

export const HOURS = ['00:00', '00:05', '03:00', '12:00', '23:55', '23:59'] as const;

export const DATES = [
  '2026-03-17',
  '2026-04-30',
  '2026-12-31',
  '2027-01-01',
  '2028-02-29',
  // The days on which Los Angeles changes its clocks, of 23 and 25 hours.
  '2026-03-08',
  '2026-11-01',
] as const;

export const ZONES = ['UTC', 'America/Los_Angeles', 'Asia/Kathmandu', 'Pacific/Apia'] as const;

/** Minutes from a local time in July to UTC, as JavaScript counts them. */
export const OFFSETS: Record<(typeof ZONES)[number], number> = {
  UTC: 0,
  'America/Los_Angeles': 420,
  'Asia/Kathmandu': -345,
  'Pacific/Apia': -780,
};

/** Each hour, date and zone at least once: for suites that take too long for all of them. */
export const SELECTION: readonly (Moment & { zone: (typeof ZONES)[number] })[] = [
  { zone: 'UTC', date: '2026-04-30', hour: '23:55' },
  { zone: 'UTC', date: '2027-01-01', hour: '00:05' },
  { zone: 'America/Los_Angeles', date: '2026-03-08', hour: '03:00' },
  { zone: 'America/Los_Angeles', date: '2026-03-08', hour: '00:05' },
  { zone: 'America/Los_Angeles', date: '2026-11-01', hour: '23:55' },
  { zone: 'Asia/Kathmandu', date: '2028-02-29', hour: '12:00' },
  { zone: 'Asia/Kathmandu', date: '2026-12-31', hour: '03:00' },
  { zone: 'Pacific/Apia', date: '2026-12-31', hour: '23:55' },
];
