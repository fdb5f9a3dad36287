// Lists of rooms and conversations. Arabic.

import type { Text } from '../en';
import { count } from './count';

export const rooms: Text['rooms'] = {
  search: 'بحث',
  searchPlaceholder: 'اسم أو رسالة',
  loading: { rooms: 'جارٍ تحميل الغرف…', conversations: 'جارٍ تحميل المحادثات…' },
  found: {
    rooms: (n) => count(n, { zero: 'لا غرف', one: 'غرفة واحدة', two: 'غرفتان', few: '# غرف', many: '# غرفة', other: '# غرفة' }),
    conversations: (n) =>
      count(n, {
        zero: 'لا محادثات',
        one: 'محادثة واحدة',
        two: 'محادثتان',
        few: '# محادثات',
        many: '# محادثة',
        other: '# محادثة',
      }),
  },
  empty: { rooms: 'لا غرف بعد', conversations: 'لا محادثات بعد' },
  emptyHint: {
    rooms: 'تظهر هنا الغرف التي تشترك فيها مع آخرين.',
    conversations: 'تظهر المحادثات هنا عندما يراسلك أحد.',
  },
  error: { rooms: 'تعذّر تحميل الغرف', conversations: 'تعذّر تحميل المحادثات' },
  mine: (text) => `أنت: ${text}`,
  silent: 'لا رسائل بعد',
  choose: { rooms: 'اختر غرفة', conversations: 'اختر محادثة' },
  chooseHint: 'تظهر رسائلها هنا مع أزرار الاتصال.',
  online: 'متصل',
  offline: 'غير متصل',
};
