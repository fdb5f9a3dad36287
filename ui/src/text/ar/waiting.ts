// Where one can only be called. Arabic.

import type { Text } from '../en';

export const waiting: Text['waiting'] = {
  title: 'أنت جاهز لاستقبال المكالمات',
  lead: (server) => `أبقِ Bellwire قيد التشغيل. عند ورود مكالمة من ${server} يرنّ هذا الحاسوب.`,
  offline: 'لا يمكنك استقبال المكالمات الآن',
  offlineLead: 'لا اتصال بالخادم. يواصل Bellwire المحاولة.',
  recent: 'المكالمات السابقة',
};
