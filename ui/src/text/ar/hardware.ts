// Microphones, speakers, cameras. Arabic.

import type { DeviceKind, DeviceProblem } from '../../generated/bindings';
import type { Text } from '../en';

const FAULT: Record<DeviceKind, Record<DeviceProblem, string>> = {
  microphone: {
    missing: 'لا يوجد ميكروفون موصول. الطرف الآخر لا يسمع شيئًا.',
    busy: 'برنامج آخر يستخدم الميكروفون. أغلق ذلك البرنامج.',
    denied: 'لا يُسمح لـ Bellwire باستخدام الميكروفون. اسمح بذلك في إعدادات النظام.',
    failed: 'الميكروفون لا يعمل. افصله ثم صِله من جديد، أو اختر غيره.',
  },
  speaker: {
    missing: 'لا يوجد مكبّر صوت موصول. لن تسمع شيئًا.',
    busy: 'برنامج آخر يستخدم مكبّر الصوت. أغلق ذلك البرنامج.',
    denied: 'لا يُسمح لـ Bellwire باستخدام مكبّر الصوت. اسمح بذلك في إعدادات النظام.',
    failed: 'مكبّر الصوت لا يعمل. افصله ثم صِله من جديد، أو اختر غيره.',
  },
  camera: {
    missing: 'لا توجد كاميرا موصولة. الطرف الآخر لا يرى صورة.',
    busy: 'برنامج آخر يستخدم الكاميرا. أغلق ذلك البرنامج.',
    denied: 'لا يُسمح لـ Bellwire باستخدام الكاميرا. اسمح بذلك في إعدادات النظام.',
    failed: 'الكاميرا لا تعمل. افصلها ثم صِلها من جديد، أو اختر غيرها.',
  },
  sharing: {
    missing: 'أُغلقت النافذة المشارَكة.',
    busy: 'لا يمكن مشاركة الشاشة ما دام برنامج آخر يستخدمها.',
    denied: 'لا يُسمح لـ Bellwire برؤية الشاشة. اسمح بذلك في إعدادات النظام.',
    failed: 'تعذّرت مشاركة الشاشة.',
  },
};

const GONE: Record<DeviceKind, (name: string) => string> = {
  microphone: (name) => `لم يعد الميكروفون${name === '' ? '' : ` ${name}`} موصولًا. الطرف الآخر لا يسمع شيئًا.`,
  speaker: (name) => `لم يعد مكبّر الصوت${name === '' ? '' : ` ${name}`} موصولًا. لن تسمع شيئًا.`,
  camera: (name) => `لم تعد الكاميرا${name === '' ? '' : ` ${name}`} موصولة. الطرف الآخر لا يرى صورة.`,
  sharing: () => 'انتهت المشاركة: ما كان مشارَكًا لم يعد موجودًا.',
};

const BACK: Record<DeviceKind, string> = {
  microphone: 'عاد الميكروفون',
  speaker: 'عاد مكبّر الصوت',
  camera: 'عادت الكاميرا',
  sharing: 'عادت الشاشة المشارَكة',
};

const OTHER: Record<DeviceKind, string> = {
  microphone: 'يُستخدم الآن ميكروفون آخر',
  speaker: 'يُستخدم الآن مكبّر صوت آخر',
  camera: 'تُستخدم الآن كاميرا أخرى',
  sharing: 'تُشارَك الآن شاشة أخرى',
};

const named = (words: string, name: string) => (name === '' ? `${words}.` : `${words}: ${name}.`);

export const hardware: Text['hardware'] = {
  title: 'الصوت والكاميرا',
  kinds: { microphone: 'الميكروفون', speaker: 'مكبّر الصوت', camera: 'الكاميرا', sharing: 'الشاشة المشارَكة' },
  standard: 'حسب اختيار النظام',
  standardIs: (name) => `حسب اختيار النظام: ${name}`,
  none: { microphone: 'بدون ميكروفون', speaker: 'بدون مكبّر صوت', camera: 'بدون كاميرا' },
  inUse: 'قيد الاستخدام',
  unplugged: 'غير موصول',
  chosenGone: 'الجهاز الذي اخترته',
  instead: (name) => `إلى أن يعود يُستخدم ${name}.`,
  insteadNothing: 'إلى أن يعود لا يُستخدم شيء.',
  nothing: 'لا شيء موصول',
  nothingHint: 'لم يُعثر على ميكروفون ولا مكبّر صوت ولا كاميرا. صِل جهازًا وسيظهر هنا فورًا.',
  nothingOf: { microphone: 'لم يُعثر على ميكروفون.', speaker: 'لم يُعثر على مكبّر صوت.', camera: 'لم يُعثر على كاميرا.' },
  loading: 'جارٍ البحث عن الأجهزة…',
  locked: 'حدّده مسؤول النظام',

  preview: 'صورة كاميرتك',
  previewStart: 'عرض الصورة',
  previewOff: 'الصورة متوقفة',
  previewNone: 'بدون كاميرا يرى الطرف الآخر اسمك.',
  previewWaits: 'جارٍ تشغيل الكاميرا…',
  stop: 'إيقاف',

  level: 'شدة صوت الميكروفون',
  levelStart: 'تجربة الميكروفون',
  saySomething: 'قل شيئًا',
  heard: 'نحن نسمعك',
  quiet: 'الصوت خافت جدًا. ارفع صوتك أو اقترب.',
  tooLoud: 'الصوت عالٍ جدًا. ابتعد قليلًا.',
  notHeard: 'لا نسمع شيئًا. هل الميكروفون مكتوم، أم أنه ميكروفون آخر؟',
  inCall: 'لا يمكن تجربة الأجهزة أثناء المكالمة.',

  speakerTest: 'تشغيل صوت',
  speakerPlaying: 'جارٍ التشغيل…',
  speakerHint: 'إن لم تسمع شيئًا فاختر مكبّر صوت آخر أو ارفع مستوى الصوت.',
  ringTest: 'تجربة الرنين',
  ringStop: 'إيقاف الرنين',
  echoTest: 'التسجيل ثم الاستماع',
  echoHint: 'قل جملة واسمع كيف يصل صوتك إلى الآخرين.',
  recording: 'جارٍ التسجيل. تحدّث الآن…',
  playing: 'هكذا يبدو صوتك…',

  processing: 'تحسين الصوت',
  echo: 'إزالة الصدى',
  echoWhy: 'حتى لا يسمع الآخرون أنفسهم من مكبّر صوتك.',
  noise: 'تقليل الضجيج',
  noiseWhy: 'المراوح ولوحات المفاتيح وحركة السير.',
  gain: 'موازنة شدة صوتي',
  gainWhy: 'ترفع الأصوات الخافتة وتخفض العالية.',
  mirror: 'عكس صورتي كالمرآة',
  mirrorWhy: 'لك وحدك. يراك الآخرون بالاتجاه الصحيح.',

  popover: 'أجهزة هذه المكالمة',

  fault: (device, problem) => FAULT[device][problem],
  news: ({ device, happened, name, problem }) => {
    switch (happened) {
      case 'lost':
        return problem === null || problem === 'missing' ? GONE[device](device === 'sharing' ? '' : name) : FAULT[device][problem];
      case 'back':
        return named(BACK[device], name);
      case 'switched': {
        const why = problem === null || problem === 'missing' ? '' : `${FAULT[device][problem].split('. ')[0] ?? ''}. `;
        return why + named(OTHER[device], name);
      }
    }
  },
};
