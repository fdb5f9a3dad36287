// The one place that knows what time it is. Everything that says today, tomorrow or ago asks here, so
// that tests, pictures and the fake host can say what time it is.

let set: Date | null = null;

/** The time of day now, or the one that was set. */
export function wallNow(): Date {
  return set === null ? new Date() : new Date(set);
}

/** Stops the clock at a time; `null` lets it go by the computer's again. */
export function setWallClock(at: Date | null): void {
  set = at;
}

/** The first moment of a day some calendar days away. Days have 23 to 25 hours, so none is ever added up. */
export function startOfDay(of: Date, away = 0): Date {
  return new Date(of.getFullYear(), of.getMonth(), of.getDate() + away);
}
