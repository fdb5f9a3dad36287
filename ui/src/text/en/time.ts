// Spans of time. English.

import { count } from './count';

export const time = {
  /** For screen readers: "3 minutes 5 seconds". */
  spoken: (hours: number, minutes: number, seconds: number) =>
    [
      hours > 0 ? count(hours, { one: '# hour', other: '# hours' }) : '',
      minutes > 0 ? count(minutes, { one: '# minute', other: '# minutes' }) : '',
      count(seconds, { one: '# second', other: '# seconds' }),
    ]
      .filter((part) => part !== '')
      .join(' '),
};
