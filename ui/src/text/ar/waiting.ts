// Where one can only be called. Arabic.

import type { Text } from '../en';

export const waiting: Text['waiting'] = {
  title: 'ستصلك المكالمات هنا',
  lead: (server) => `أبقِ Bellwire قيد التشغيل. عند ورود مكالمة من ${server} يرنّ هذا الحاسوب.`,
  offline: 'لا يمكن الاتصال بك الآن',
  offlineLead: 'لا اتصال بالخادم. يواصل Bellwire المحاولة.',
  recent: 'المكالمات السابقة',
};
