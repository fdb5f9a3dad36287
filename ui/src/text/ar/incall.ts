// What a call offers beyond talking. Arabic.

import type { Text } from '../en';

export const incall: Text['incall'] = {
  tools: 'عرض المكالمة',
  fullScreen: 'ملء الشاشة',
  leaveFullScreen: 'الخروج من ملء الشاشة',
  mini: 'نافذة صغيرة',
  leaveMini: 'العودة إلى النافذة الكبيرة',
  shortcuts: 'المفاتيح',
  soundDevices: 'اختيار الميكروفون ومكبّر الصوت',
  cameras: 'اختيار الكاميرا',
  actualSize: 'الحجم الفعلي',
  fitSize: 'ملاءمة النافذة',
  sharedArea: (name) => `شاشة ${name} بالحجم الفعلي. حرّكها بمفاتيح الأسهم.`,
  selfSize: 'تغيير الحجم',

  mutedSpeech: 'ميكروفونك مكتوم. لا أحد يسمعك.',
  unmute: 'إلغاء الكتم',
  pushToTalk: (key) => `اضغط باستمرار على ${key} للتحدث`,
  talking: 'صوتك مسموع الآن',

  share: {
    title: 'مشاركة شاشتك',
    again: 'مشاركة شيء آخر',
    lead: 'يرى الطرف الآخر ما تختاره بدلًا من صورة الكاميرا.',
    screens: 'الشاشات',
    windows: 'النوافذ',
    loading: 'جارٍ البحث عما يمكن مشاركته…',
    refresh: 'البحث من جديد',
    submit: 'مشاركة',
    cancel: 'إلغاء',
    empty: 'لا شيء يمكن مشاركته هنا',
    emptyHint: 'لم يُعثر على أي شاشة أو نافذة.',
    failed: 'لا يمكن مشاركة الشاشة',
    wayland: 'سطح المكتب هذا (Wayland) لا يسمح للبرامج برؤية الشاشة. سجّل الدخول بجلسة X11 للمشاركة.',
    current: 'تُشارَك الآن',
    wholeScreen: 'الشاشة كاملة',
    noPreview: 'لا توجد معاينة',
    now: (label) => `أنت تشارك ${label}`,
    something: 'شاشتك',
    change: 'تغيير',
    stop: 'إيقاف',
  },

  reconnecting: {
    since: (time) => `الاتصال مقطوع منذ ${time}`,
    tries: 'يجري البحث عن طريق آخر إلى الطرف الآخر. إن لم يوجد خلال نصف دقيقة تنتهي المكالمة.',
    network: 'تحقق من كابل الشبكة أو من شبكة Wi-Fi.',
    hangUp: 'إنهاء المكالمة',
  },

  quality: {
    none: 'تصل الصورة والصوت كما ينبغي',
    sound: 'يصل الصوت كما ينبغي',
    loss: 'الاتصال يُسقط بعض البيانات',
    delay: 'الاتصال بطيء الاستجابة',
    upload: 'سرعة الرفع لديك بطيئة',
    late: 'تصل صورة الطرف الآخر متأخرة',
    gaps: 'أجزاء من الصوت مفقودة',
    busy: 'هذا الحاسوب مشغول',
  },
  advice: {
    none: '',
    sound: '',
    loss: 'غالبًا ما يفيد استخدام كابل بدلًا من Wi-Fi.',
    delay: 'انتظر لحظة قبل أن تجيب حتى لا تتحدثا معًا.',
    upload: 'تصغر صورتك. عمليات الرفع الأخرى على هذا الخط تزيد الأمر سوءًا.',
    late: 'سرعة الرفع لدى الطرف الآخر أو سرعة التنزيل لديك بطيئة.',
    gaps: 'اقترب من جهاز Wi-Fi أو أوقف الكاميرا.',
    busy: 'أغلق البرامج التي لا تحتاج إليها.',
  },

  figures: {
    loss: 'ضاع في الطريق',
    delay: 'ذهابًا وإيابًا',
    buffer: 'انتظار الصوت',
    made: 'صوت معوَّض',
    freezes: 'توقفات الصورة',
    frozen: (n, time) => `${n}، بمجموع ${time}`,
    path: 'المسار',
    target: 'المتاح لصورتك',
    sync: 'الصورة بعد الصوت',
    picture: 'الصورة',
    sound: 'الصوت',
    video: 'بيانات الصورة',
    codec: 'الترميز',
    level: 'شدة الصوت',
    paths: { direct: 'مباشر', reflexive: 'مباشر عبر موجّه', relayed: 'عبر خادم وسيط' },
  },

  keys: {
    title: 'مفاتيح المكالمة',
    mute: 'تشغيل الميكروفون أو كتمه',
    camera: 'تشغيل الكاميرا أو إيقافها',
    share: 'مشاركة الشاشة أو إيقافها',
    fullScreen: 'ملء الشاشة',
    mini: 'نافذة صغيرة',
    actualSize: 'الشاشة المشارَكة بالحجم الفعلي',
    details: 'تفاصيل المكالمة',
    hangUp: 'إنهاء المكالمة',
    close: 'إغلاق المفتوح',
    self: 'تحريك صورتك (عندما تكون محددة)',
    help: 'هذه القائمة',
    or: 'أو',
    arrows: 'مفاتيح الأسهم',
    global: 'في كل مكان، ومن البرامج الأخرى أيضًا',
    talk: 'اضغط باستمرار للتحدث',
    answer: 'الرد',
  },

  small: {
    title: 'نافذة المكالمة الصغيرة',
    none: 'لا توجد مكالمة جارية',
    open: 'فتح Bellwire',
    endAndAnswer: 'إنهاء والرد',
    answer: 'رد',
    decline: 'رفض',
  },

  ring: {
    withVideo: 'الرد بالفيديو',
    voiceOnly: 'صوت فقط',
  },

  ended: {
    write: 'كتابة رسالة',
    hint: (reason) => {
      switch (reason.why) {
        case 'connection_lost':
          return 'تحقق من شبكتك ثم اتصل مرة أخرى.';
        case 'connect_failed':
          return 'قد يمنع جدار حماية الاتصال. جرّب شبكة أخرى.';
        case 'remote_busy':
          return 'حاول مرة أخرى بعد بضع دقائق.';
        case 'hung_up':
        case 'remote_hung_up':
        case 'cancelled':
        case 'remote_cancelled':
        case 'declined':
        case 'remote_declined':
        case 'missed':
        case 'remote_offline':
        case 'answered_elsewhere':
        case 'declined_elsewhere':
        case 'merged':
        case 'refused':
        case 'failed':
          return '';
      }
    },
  },
};
