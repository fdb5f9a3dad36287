// The box that calls by a few letters. Arabic.

import type { Text } from '../en';
import { count } from './count';

export const quick: Text['quick'] = {
  title: 'اتصال سريع',
  search: 'بمن تريد الاتصال؟',
  placeholder: 'الاسم أو البريد أو الطلب',
  people: 'الأشخاص',
  found: (n) => count(n, { zero: 'لا أشخاص', one: 'شخص واحد', two: 'شخصان', few: '# أشخاص', many: '# شخصًا', other: '# شخص' }),
  nobody: 'لا يوجد من يمكن الاتصال به الآن.',
  busy: 'أنت في مكالمة. أنهِها قبل الاتصال بشخص آخر.',
  keys: 'مفاتيح الأسهم للاختيار، وEnter للاتصال، وEsc للإغلاق',
  keysBoth: 'Enter لمكالمة فيديو، وShift+Enter لمكالمة صوتية، وEsc للإغلاق',
};
