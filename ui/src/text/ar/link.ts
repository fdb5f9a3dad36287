// How an account stands with its server. Arabic.

import type { Text } from '../en';

export const link: Text['link'] = {
  connecting: 'جارٍ الاتصال بالخادم…',
  online: 'متصل',
  offline: 'غير متصل، جارٍ إعادة الاتصال…',
  signed_out: 'تم تسجيل الخروج',
};
