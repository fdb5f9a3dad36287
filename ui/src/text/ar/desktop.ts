// Questions and signs of the program as a whole. Arabic.

import type { Text } from '../en';

export const desktop: Text['desktop'] = {
  close: {
    title: 'يواصل Bellwire العمل',
    lead: 'أُغلقت النافذة، لكن المكالمات تظل ترنّ. تجد Bellwire في شريط الأيقونات الصغيرة ويمكنك إنهاؤه من هناك.',
    hint: 'يمكنك تغيير ذلك في الإعدادات.',
    keep: 'متابعة العمل',
    quit: 'إنهاء Bellwire',
  },
  pending: {
    title: { voice: 'إجراء مكالمة صوتية؟', video: 'إجراء مكالمة فيديو؟' },
    lead: 'يطلب رابط من خارج Bellwire هذه المكالمة.',
    unknown: 'هذا الشخص ليس في قائمتك. لا تتصل إلا إذا كنت تعرف مصدر الرابط.',
    address: 'العنوان',
    from: 'الاتصال من',
    nobody: 'لم تسجّل الدخول إلى حساب يمكنه إجراء هذه المكالمة.',
    call: 'اتصال',
    cancel: 'عدم الاتصال',
    close: 'إغلاق',
  },
  restoring: {
    title: 'جارٍ تسجيل دخولك من جديد…',
    titleFailed: 'لم تعد كل الحسابات',
    region: 'حسابات في طريق العودة',
    trying: 'جارٍ تسجيل الدخول…',
    retry: 'إعادة المحاولة',
    signIn: 'تسجيل الدخول من جديد',
    other: 'استخدام حساب آخر',
  },
  quiet: {
    own: 'عدم الإزعاج',
    ownHint: 'لا شيء يرنّ حتى توقف ذلك.',
    hours: (until) => `هدوء حتى ${until}`,
    hoursHint: 'ساعات الهدوء سارية.',
    system: 'هدوء مع سطح المكتب',
    systemHint: '«عدم الإزعاج» مفعّل في سطح المكتب.',
    until: (until) => `حتى ${until}`,
    forHour: 'لمدة ساعة',
    untilTomorrow: 'حتى الغد',
    untilOff: 'حتى أوقفه',
    turnOn: 'عدم الإزعاج',
    turnOff: 'تشغيل الرنين',
    on: 'لا شيء يرنّ',
  },
  managed: {
    choose: 'اختر خادمك.',
    server: 'الخادم',
    other: 'خادم آخر',
  },
  optional: (label) => `${label} (اختياري)`,
  optionalHint: 'فقط إذا طلبها خادمك.',
};
