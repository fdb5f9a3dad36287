// Sessions and appointments. Arabic.

import type { Text } from '../en';
import { count, number } from './count';

export const slots: Text['slots'] = {
  loading: { sessions: 'جارٍ تحميل الجلسات…', appointments: 'جارٍ تحميل المواعيد…' },
  search: { sessions: 'البحث في الجلسات', appointments: 'البحث في المواعيد' },
  searchPlaceholder: 'اسم أو موضوع',
  found: {
    sessions: (n) =>
      count(n, { zero: 'لا جلسات', one: 'جلسة واحدة', two: 'جلستان', few: '# جلسات', many: '# جلسة', other: '# جلسة' }),
    appointments: (n) =>
      count(n, { zero: 'لا مواعيد', one: 'موعد واحد', two: 'موعدان', few: '# مواعيد', many: '# موعدًا', other: '# موعد' }),
  },
  empty: { sessions: 'لا جلسات ولا أحد للاتصال به بعد', appointments: 'لا مواعيد' },
  emptyHint: {
    sessions: 'تظهر هنا الجلسات التي تُدعى إليها.',
    appointments: 'تظهر هنا المواعيد عن بُعد حالما تُحجز.',
  },
  error: { sessions: 'تعذّر تحميل الجلسات', appointments: 'تعذّر تحميل المواعيد' },
  today: 'اليوم',
  tomorrow: 'غدًا',
  noneToday: 'لا مواعيد اليوم',
  now: 'جارية الآن',
  planned: 'القادمة',
  earlier: 'سابقة',
  undated: 'بلا موعد',
  people: 'الأشخاص',
  minutes: (n) =>
    count(n, { zero: '# دقيقة', one: 'دقيقة واحدة', two: 'دقيقتان', few: '# دقائق', many: '# دقيقة', other: '# دقيقة' }),
  phase: {
    unconfirmed: 'غير مؤكد',
    upcoming: 'مؤكد',
    waiting: 'الغرفة مفتوحة',
    in_progress: 'جارٍ',
    ended: 'انتهى',
    cancelled: 'أُلغي',
  },
  patientWaits: 'المريض في الانتظار',
  practitionerWaits: 'معالجك في انتظارك',
  someoneWaits: 'في انتظارك',
  waited: (time) => `ينتظر منذ ${time}`,
  due: (time) => `الموعد ${time}`,
  admit: 'إدخال',
  admitName: (name) => `إدخال ${name}`,
  join: 'انضمام',
  joinName: (name) => `انضمام إلى ${name}`,
  open: 'فتح الغرفة',
  openName: (name) => `فتح الغرفة مع ${name}`,
  openEarly: 'هل تريد فتح الغرفة من الآن؟',
  joinEarly: 'هل تريد الانضمام من الآن؟',
  early: (name, day, time) => `موعدك مع ${name}: ${day}، ${time}. قد لا يكون أحد في الغرفة بعد.`,
  notNow: 'ليس الآن',
  unconfirmedHint: 'يمكن الانضمام بعد تأكيد الموعد',
  notJoinable: 'لا يمكن الانضمام إلى هذا الموعد من هنا.',
  full: (n) => `كل المقاعد مشغولة (${number(n)}).`,
  /** What is ours in a session. */
  you: (part) => `أنت: ${part}`,
  parts: { therapist: 'معالج', co_therapist: 'معالج مساعد', participant: 'مشارك', observer: 'مراقب' },
  noCamera: 'بلا كاميرات',
  noSharing: 'بلا مشاركة شاشة',
  recorded: 'مسجّلة',
  labels: {
    physical: 'حضوري',
    remote: 'عن بُعد',
    one_to_one: 'مكالمة فردية',
    group: 'مجموعة',
    therapy: 'علاج',
    individual_therapy: 'علاج فردي',
    group_therapy: 'علاج جماعي',
  },
  untitled: {
    call: 'مكالمة',
    'group call': 'مكالمة جماعية',
    'therapy session': 'جلسة علاجية',
  },
};
