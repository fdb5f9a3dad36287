// Spans of time. German.

import type { Text } from '../en';
import { count } from './count';

export const time: Text['time'] = {
  spoken: (hours, minutes, seconds) =>
    [
      hours > 0 ? count(hours, { one: '# Stunde', other: '# Stunden' }) : '',
      minutes > 0 ? count(minutes, { one: '# Minute', other: '# Minuten' }) : '',
      count(seconds, { one: '# Sekunde', other: '# Sekunden' }),
    ]
      .filter((part) => part !== '')
      .join(' '),
};
