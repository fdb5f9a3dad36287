// The times of the made-up data, as seen from the clock of the program. What claims to be today's is
// on today's date at any hour, in order, and on the side of now that it claims.

import { startOfDay, wallNow } from '../../model/wallclock';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;

/** How far from now anything of today is said to be, in minutes. */
const REACH = 400;

/** `minutes` from now as long as that is today; near midnight everything of today moves closer together. */
function today(minutes: number): Date {
  const now = wallNow();
  const edge = minutes < 0 ? startOfDay(now) : startOfDay(now, 1);
  // Strictly inside the day: its last moment belongs to tomorrow.
  const room = Math.max(0, Math.abs(edge.getTime() - now.getTime()) - 1);
  const scale = Math.min(1, room / (REACH * MINUTE));
  return new Date(now.getTime() + Math.trunc(minutes * MINUTE * scale));
}

/** Earlier today. At most `REACH` minutes. */
export function ago(minutes: number): string {
  return today(-minutes).toISOString();
}

/** Later today; negative for earlier. On the clock's next quarter of an hour where there is room for it. */
export function soon(minutes: number): string {
  const now = wallNow();
  const exact = today(minutes);
  // Every zone in use is a whole number of quarters from UTC.
  const round = new Date(Math.ceil(exact.getTime() / QUARTER) * QUARTER);
  const near = exact.getTime() !== now.getTime() + minutes * MINUTE;
  const moved = startOfDay(round).getTime() !== startOfDay(now).getTime() || round > now !== exact > now;
  return (near || moved ? exact : round).toISOString();
}

/** A time of day some calendar days away. */
export function on(days: number, hour: number, minute = 0): string {
  const now = wallNow();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour, minute).toISOString();
}
