// Words said in many places. Arabic.

import type { Text } from '../en';

export const common: Pick<Text, 'app' | 'someone' | 'close' | 'dismiss' | 'retry'> = {
  app: 'Bellwire',
  someone: 'متصل مجهول',
  close: 'إغلاق',
  dismiss: 'إخفاء',
  retry: 'إعادة المحاولة',
};
