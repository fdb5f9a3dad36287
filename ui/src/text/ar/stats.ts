// Figures of a call. Arabic.

import type { Text } from '../en';

export const stats: Text['stats'] = {
  title: 'تفاصيل المكالمة',
  code: 'رمز الأمان',
  codeHint: 'إذا ظهر الرمز نفسه عند الطرف الآخر فلا أحد يتنصت.',
  codeMissing: 'غير معروف بعد',
  received: 'المُستقبَل',
  sent: 'المُرسَل',
  picture: 'الصورة',
  bitrate: 'معدل البيانات',
  codec: 'الترميز',
  loss: 'الفقد',
  delay: 'زمن الذهاب والإياب',
  jitter: 'ذاكرة الصوت المؤقتة',
  freezes: 'تجمّد الصورة',
  path: 'المسار',
  none: 'لا أرقام بعد',
  paths: { direct: 'مباشر', reflexive: 'مباشر', relayed: 'عبر مرحّل' },
  quality: {
    good: 'اتصال جيد',
    fair: 'اتصال متوسط',
    poor: 'اتصال ضعيف',
  },
  why: {
    loss: 'تضيع أجزاء من المكالمة في الطريق',
    delay: 'استجابة الاتصال بطيئة',
    upload: 'سرعة الإرسال لديك بطيئة',
    download: 'يصل عدد قليل من الصور',
    none: 'تصل الصورة والصوت كما ينبغي',
    sound: 'يصل الصوت كما ينبغي',
  },
};
