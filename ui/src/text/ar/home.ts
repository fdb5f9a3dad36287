// The main window: accounts, tabs and the list of people. Arabic.

import type { Text } from '../en';
import { count } from './count';

export const home: Text['home'] = {
  customers: 'الزبائن',
  people: 'الأشخاص',
  rooms: 'الغرف',
  conversations: 'المحادثات',
  sessions: 'الجلسات',
  appointments: 'المواعيد',
  history: 'السجل',
  waiting: 'جاهز',
  sections: 'الأقسام',
  account: 'الحساب',
  accounts: 'الحسابات',
  accountAt: (name, label) => `${name}، ${label}`,
  addAccount: 'إضافة حساب',
  signOut: 'تسجيل الخروج',
  unread: (n) =>
    count(n, {
      zero: 'لا رسائل غير مقروءة',
      one: 'رسالة واحدة غير مقروءة',
      two: 'رسالتان غير مقروءتين',
      few: '# رسائل غير مقروءة',
      many: '# رسالة غير مقروءة',
      other: '# رسالة غير مقروءة',
    }),
  waits: (n) =>
    count(n, {
      zero: 'لا أحد في الانتظار',
      one: 'شخص واحد في الانتظار',
      two: 'شخصان في الانتظار',
      few: '# أشخاص في الانتظار',
      many: '# شخصًا في الانتظار',
      other: '# شخص في الانتظار',
    }),
  search: 'البحث في الزبائن',
  searchPlaceholder: 'الاسم أو البريد أو الطلب',
  searching: 'جارٍ البحث…',
  found: (n) =>
    count(n, { zero: 'لا زبائن', one: 'زبون واحد', two: 'زبونان', few: '# زبائن', many: '# زبونًا', other: '# زبون' }),
  loading: 'جارٍ تحميل الزبائن…',
  empty: 'لا زبائن بعد',
  emptyHint: 'يظهر هنا كل من طلب من متجرك.',
  nothing: (search) => `لا نتائج تطابق «${search}»`,
  nothingHint: 'جرّب كتابة أخرى أو رقم طلب.',
  error: 'تعذّر تحميل قائمة الزبائن',
  offline: 'لا اتصال بالخادم. لا يمكنك الاتصال ولا استقبال المكالمات حتى يعود.',
  connecting: 'جارٍ الاتصال بالخادم…',
  signedOut: (account) => `تم تسجيل خروجك من ${account} ولا يمكن الاتصال بك هناك.`,
  signInAgain: 'تسجيل الدخول من جديد',
  onlineMark: 'متصل',
  call: 'اتصال',
  callName: (name) => `اتصال بالفيديو: ${name}`,
  voiceName: (name) => `اتصال صوتي: ${name}`,
  voice: 'مكالمة صوتية',
  video: 'مكالمة فيديو',
  callAbout: (label) => `اتصال بشأن ${label}`,
  orders: (n) =>
    count(n, { zero: 'لا طلبات', one: 'طلب واحد', two: 'طلبان', few: '# طلبات', many: '# طلبًا', other: '# طلب' }),
  noOrders: 'لا طلبات بعد',
  lastOrder: (label, when) => `${label}، ${when}`,
  spent: (amount) => `المجموع ${amount}`,
  showOrders: (name) => `طلبات ${name}`,
  callFailed: 'تعذّر بدء المكالمة.',
  commandFailed: 'لم ينجح ذلك. حاول مرة أخرى.',
};
