// Devices that are not there, pictures that do not come, and how calls start. Arabic.
import type { Text } from '../en';

export const missing: Text['missing'] = {
  noMicrophone: 'لا يوجد ميكروفون',
  noCamera: 'لا توجد كاميرا',
  chooseMicrophone: 'لا يوجد ميكروفون. اختر واحدًا.',
  chooseCamera: 'لا توجد كاميرا. اختر واحدة.',
  remoteNoCamera: (name) => `لا توجد كاميرا عند ${name}`,
  remoteNoMicrophone: (name) => `لا يوجد ميكروفون عند ${name}`,
  remoteMicrophone: (name) => `يوجد الآن ميكروفون عند ${name}`,
  slowPicture: (name) => `لم يصل فيديو ${name} بعد. قد يكون الاتصال بطيئًا.`,
  startMuted: 'بدء المكالمات والميكروفون مكتوم',
  startMutedHint: 'شغّل الميكروفون عندما تريد أن يسمعك الآخرون.',
  startCameraOff: 'بدء مكالمات الفيديو والكاميرا متوقفة',
  relayOnly: 'إخفاء عنوان شبكتي في المكالمات',
  relayOnlyHint:
    'تمر المكالمات عبر خادم الترحيل التابع للخدمة، فلا يعرف حاسوب الطرف الآخر عنوانك. قد يستغرق الاتصال وقتًا أطول. وإن لم يكن للخدمة خادم ترحيل فلن تتصل المكالمات.',
  quit: 'إنهاء Bellwire',
  quitHint: 'لن ترنّ المكالمات على هذا الحاسوب حتى تشغّل البرنامج من جديد.',
  quitInCall: 'إنهاء المكالمة والبرنامج؟',
  quitInCallHint: 'أنت في مكالمة، وسيؤدي إنهاء البرنامج إلى إنهائها.',
  endAndQuit: 'إنهاء المكالمة والبرنامج',
  stay: 'البقاء في المكالمة',
  shownAgain: 'يمكن عرض الفيديو من جديد.',
  unshown: {
    too_large: 'فيديو الطرف الآخر أكبر من أن يُعرض هنا.',
    interlaced: 'فيديو الطرف الآخر متشابك ولا يمكن عرضه هنا.',
    bit_depth: 'عمق ألوان فيديو الطرف الآخر غير مدعوم هنا.',
    chroma: 'تنسيق ألوان فيديو الطرف الآخر غير مدعوم هنا.',
    other: 'تعذّر فك ترميز فيديو الطرف الآخر هنا.',
  },
};
