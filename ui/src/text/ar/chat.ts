// Messages. Arabic.

import type { Text } from '../en';
import { count } from './count';

export const chat: Text['chat'] = {
  back: 'العودة إلى القائمة',
  region: (name) => `الرسائل مع ${name}`,
  log: 'الرسائل',
  loading: 'جارٍ تحميل الرسائل…',
  error: 'تعذّر تحميل الرسائل',
  empty: 'لا رسائل بعد',
  emptyHint: (name) => `اكتب الرسالة الأولى أو اتصل: ${name}.`,
  unread: 'جديد',
  newer: 'رسائل أحدث',
  typing: (name) => `جارٍ الكتابة من ${name}…`,
  write: 'رسالة',
  placeholder: 'اكتب رسالة',
  send: 'إرسال',
  sending: 'جارٍ الإرسال…',
  notSent: 'لم تُرسل',
  again: 'إعادة الإرسال',
  sent: 'أُرسلت',
  read: 'قُرئت',
  you: 'أنت',
  failed: 'لم تصل الرسائل.',
  unsent: 'لم تُرسل الرسالة.',
  tooLong: (n) =>
    `${count(n, {
      zero: 'الرسالة طويلة',
      one: 'الرسالة أطول من المسموح بحرف واحد',
      two: 'الرسالة أطول من المسموح بحرفين',
      few: 'الرسالة أطول من المسموح بـ # أحرف',
      many: 'الرسالة أطول من المسموح بـ # حرفًا',
      other: 'الرسالة أطول من المسموح بـ # حرف',
    })}. أرسلها على أجزاء.`,
  offline: 'يمكنك الكتابة من جديد حالما يعود الخادم.',
};
