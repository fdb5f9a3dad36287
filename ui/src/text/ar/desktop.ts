// Questions and signs of the program as a whole. Arabic.

import type { Text } from '../en';

export const desktop: Text['desktop'] = {
  close: {
    title: 'يواصل Bellwire العمل',
    lead: 'عند إغلاق النافذة يواصل Bellwire العمل كي تظل المكالمات ترنّ. يمكنك إنهاؤه من أيقونته في علبة النظام.',
    hint: 'يمكنك تغيير ذلك في الإعدادات.',
    keep: 'متابعة العمل',
    quit: 'إنهاء Bellwire',
  },
  pending: {
    title: { voice: 'إجراء مكالمة صوتية؟', video: 'إجراء مكالمة فيديو؟' },
    lead: 'يطلب رابط من خارج Bellwire بدء هذه المكالمة.',
    unknown: 'هذا الشخص ليس ضمن جهات اتصالك. لا تتصل إلا إذا كنت تثق بمصدر الرابط.',
    from: 'الاتصال من',
    nobody: 'لم تسجّل الدخول إلى حساب يمكنه إجراء هذه المكالمة.',
    call: 'اتصال',
    cancel: 'عدم الاتصال',
    close: 'إغلاق',
  },
  restoring: {
    title: 'جارٍ تسجيل دخولك من جديد…',
    titleFailed: 'تعذّر تسجيل الدخول إلى بعض الحسابات',
    region: 'حسابات يجري تسجيل الدخول إليها',
    trying: 'جارٍ تسجيل الدخول…',
    retry: 'إعادة المحاولة',
    signIn: 'تسجيل الدخول من جديد',
    other: 'استخدام حساب آخر',
  },
  quiet: {
    own: 'عدم الإزعاج',
    ownHint: 'لن ترنّ المكالمات حتى توقف ذلك.',
    hours: (until) => `هدوء حتى ${until}`,
    hoursHint: 'ساعات الهدوء سارية.',
    system: '«عدم الإزعاج» مفعّل في النظام',
    systemHint: 'لن ترنّ المكالمات حتى يُوقَف.',
    until: (until) => `حتى ${until}`,
    forHour: 'لمدة ساعة',
    untilTomorrow: 'حتى الغد',
    untilOff: 'حتى أوقفه',
    turnOn: 'عدم الإزعاج',
    turnOff: 'إيقاف «عدم الإزعاج»',
    on: 'المكالمات لا ترنّ',
  },
  managed: {
    choose: 'اختر خادمك.',
    server: 'الخادم',
    other: 'خادم آخر',
  },
  optional: (label) => `${label} (اختياري)`,
  optionalHint: 'فقط إذا طلب خادمك ذلك.',
};
