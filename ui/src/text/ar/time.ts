// Spans of time. Arabic.

import type { Text } from '../en';
import { count } from './count';

export const time: Text['time'] = {
  spoken: (hours, minutes, seconds) =>
    [
      hours > 0
        ? count(hours, { zero: '# ساعة', one: 'ساعة واحدة', two: 'ساعتان', few: '# ساعات', many: '# ساعة', other: '# ساعة' })
        : '',
      minutes > 0
        ? count(minutes, {
            zero: '# دقيقة',
            one: 'دقيقة واحدة',
            two: 'دقيقتان',
            few: '# دقائق',
            many: '# دقيقة',
            other: '# دقيقة',
          })
        : '',
      count(seconds, { zero: '# ثانية', one: 'ثانية واحدة', two: 'ثانيتان', few: '# ثوانٍ', many: '# ثانية', other: '# ثانية' }),
    ]
      .filter((part) => part !== '')
      .join(' و'),
};
