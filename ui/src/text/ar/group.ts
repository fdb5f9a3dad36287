// Calls of several people. Arabic.

import type { Text } from '../en';
import { count, number } from './count';

const people = (n: number) =>
  count(n, { zero: 'لا أحد', one: 'شخص واحد', two: 'شخصان', few: '# أشخاص', many: '# شخصًا', other: '# شخص' });
/** After a preposition. */
const withPeople = (n: number) =>
  count(n, { zero: 'لا أحد', one: 'شخص واحد', two: 'شخصين', few: '# أشخاص', many: '# شخصًا', other: '# شخص' });

export const group: Text['group'] = {
  both: (one, other) => `${one} و${other}`,
  andOthers: (name, n) =>
    `${name} ${count(n, {
      zero: 'وحده',
      one: 'وشخص آخر',
      two: 'وشخصان آخران',
      few: 'و# آخرون',
      many: 'و# آخرون',
      other: 'و# آخرون',
    })}`,
  also: (one, other) => `${one}، ${other}`,
  joined: (who) => `انضم إلى المكالمة: ${who}`,
  left: (who) => `غادر المكالمة: ${who}`,
  alone: 'لا أحد غيرك في المكالمة',

  state: {
    invited: 'يرن…',
    connecting: 'جارٍ التوصيل…',
    connected: 'في المكالمة',
    reconnecting: 'جارٍ إعادة التوصيل…',
    failed: 'تعذّر التوصيل',
  },
  muted: 'الميكروفون مكتوم',
  noMicrophone: 'لا يوجد ميكروفون',
  cameraOff: 'الكاميرا متوقفة',
  noCamera: 'لا توجد كاميرا',
  shares: 'يشارك الشاشة',
  weak: 'اتصال ضعيف',
  pinned: 'مثبّت',

  raise: 'رفع اليد',
  lower: 'إنزال اليد',
  handUp: 'اليد مرفوعة',
  raised: (who) => `يريد التحدث: ${who}`,
  handsUp: (who) => `اليد مرفوعة: ${who}`,

  stage: 'الأشخاص في المكالمة',
  stageKeys: 'مفاتيح الأسهم للتنقل بين الأشخاص، وEnter لتثبيت أحدهم.',
  pin: (name) => `تثبيت ${name}`,
  unpin: (name) => `إلغاء تثبيت ${name}`,
  grid: 'عرض الشبكة',
  speaker: 'عرض المتحدث',
  pages: 'أشخاص آخرون',
  before: 'الأشخاص السابقون',
  after: 'الأشخاص التالون',
  page: (n, all) => `${number(n)} من ${number(all)}`,

  people: 'الأشخاص',
  inCall: (n) => `${people(n)} في المكالمة`,
  add: {
    open: 'إضافة أشخاص',
    title: 'إضافة أشخاص إلى المكالمة',
    search: 'الاسم أو البريد الإلكتروني',
    limit: (n) =>
      count(n, {
        zero: 'لا يوجد مكان لأحد آخر.',
        one: 'يوجد مكان لشخص واحد آخر.',
        two: 'يوجد مكان لشخصين آخرين.',
        few: 'يوجد مكان لـ # أشخاص آخرين.',
        many: 'يوجد مكان لـ # شخصًا آخر.',
        other: 'يوجد مكان لـ # شخص آخر.',
      }),
    nobody: 'كل من في قائمتك موجود في المكالمة',
    submit: 'إضافة إلى المكالمة',
  },
  endForAll: 'إنهاء المكالمة للجميع',
  endTitle: 'هل تريد إنهاء المكالمة للجميع؟',
  endLead: 'ستنتهي المكالمة لكل من فيها. إن أردت الخروج وحدك فغادر المكالمة بدلًا من ذلك.',
  stay: 'البقاء في المكالمة',

  ring: {
    video: 'مكالمة فيديو جماعية واردة',
    voice: 'مكالمة صوتية جماعية واردة',
    invited: (who) => `مدعوون أيضًا: ${who}`,
    there: (who) => `في المكالمة الآن: ${who}`,
  },

  select: {
    start: 'اختيار أشخاص',
    stop: 'إلغاء',
    name: (name) => `اختيار ${name}`,
    chosen: (n) =>
      count(n, {
        zero: 'لم يُختر أحد',
        one: 'اختير شخص واحد',
        two: 'اختير شخصان',
        few: 'اختير # أشخاص',
        many: 'اختير # شخصًا',
        other: 'اختير # شخص',
      }),
    limit: (n) => `يمكنك الاتصال بـ ${withPeople(n)} في آن واحد كحد أقصى.`,
    hint: 'اختر من تريد في المكالمة.',
    call: {
      voice: (n) => `مكالمة صوتية مع ${withPeople(n)}`,
      video: (n) => `مكالمة فيديو مع ${withPeople(n)}`,
    },
    words: (n) => `الاتصال بـ ${withPeople(n)}`,
  },

  keys: {
    view: 'عرض الشبكة أو المتحدث',
    people: 'الأشخاص في المكالمة',
    hand: 'رفع اليد أو إنزالها',
    pin: 'تثبيت شخص (عند التركيز عليه)',
  },
};
