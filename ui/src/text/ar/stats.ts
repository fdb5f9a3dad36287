// Figures of a call. Arabic.

import type { Text } from '../en';

export const stats: Text['stats'] = {
  title: 'تفاصيل المكالمة',
  code: 'رمز الأمان',
  codeHint: 'إذا ظهر الرمز نفسه عند الطرف الآخر فلا أحد يتنصت.',
  codeMissing: 'غير متاح بعد',
  codes: 'رموز الأمان',
  codesHint: 'إذا رأى كل شخص لك الرمز نفسه الذي تراه له فلا أحد يتنصت.',
  worst: 'أسوأ اتصال',
  levels: {
    excellent: 'ممتاز',
    good: 'جيد',
    fair: 'متوسط',
    poor: 'ضعيف',
  },
  received: 'المُستقبَل',
  sent: 'المُرسَل',
  none: 'لا بيانات بعد',
  quality: {
    good: 'اتصال جيد',
    fair: 'اتصال متوسط',
    poor: 'اتصال ضعيف',
  },
};
