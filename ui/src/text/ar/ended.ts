// Why a call ended. Arabic.

import type { Text } from '../en';

export const ended: Text['ended'] = {
  title: 'انتهت المكالمة',
  callBack: 'معاودة الاتصال',
  callAgain: 'اتصال من جديد',
  joinAgain: 'انضمام من جديد',
  room: (reason, direction, name) => {
    switch (reason.why) {
      case 'remote_cancelled':
        return `انتظرك الطرف الآخر ثم غادر: ${name}.`;
      case 'cancelled':
        return `غادرت قبل انضمام ${name}.`;
      case 'missed':
        return direction === 'incoming' ? `انتظرك الطرف الآخر: ${name}.` : `لم ينضم الطرف الآخر: ${name}.`;
      case 'declined':
        return `ما زال الطرف الآخر في الانتظار: ${name}.`;
      case 'remote_hung_up':
        return `غادر الطرف الآخر: ${name}.`;
      case 'hung_up':
        return 'غادرت الجلسة.';
      case 'answered_elsewhere':
        return 'انضممت من جهاز آخر.';
      case 'full':
        return 'الجلسة مكتملة العدد.';
      case 'remote_declined':
      case 'remote_busy':
      case 'remote_offline':
      case 'declined_elsewhere':
      case 'merged':
      case 'connection_lost':
      case 'connect_failed':
      case 'refused':
      case 'failed':
        return null;
    }
  },
  several: { hungUp: 'أنهيت المكالمة.', over: 'انتهت المكالمة.', nobody: 'لم يرد أحد.' },
  reason: (reason, direction, name) => {
    switch (reason.why) {
      case 'hung_up':
        return 'أنهيت المكالمة.';
      case 'remote_hung_up':
        return `أنهى الطرف الآخر المكالمة: ${name}.`;
      case 'cancelled':
        return 'ألغيت المكالمة.';
      case 'remote_cancelled':
        return `توقف الاتصال من ${name} قبل أن ترد.`;
      case 'declined':
        return 'رفضت المكالمة.';
      case 'remote_declined':
        return `رفض الطرف الآخر المكالمة: ${name}.`;
      case 'remote_busy':
        return `الخط مشغول بمكالمة أخرى: ${name}.`;
      case 'missed':
        return direction === 'incoming' ? `فاتتك مكالمة من ${name}.` : `لم يصل رد من ${name}.`;
      case 'remote_offline':
        return `غير متصل الآن: ${name}.`;
      case 'full':
        return 'المكالمة مكتملة العدد.';
      case 'answered_elsewhere':
        return 'رددت من جهاز آخر.';
      case 'declined_elsewhere':
        return 'رفضت من جهاز آخر.';
      case 'merged':
        return 'اتصل كل منكما بالآخر في الوقت نفسه.';
      case 'connection_lost':
        return 'انقطع الاتصال وتعذّرت استعادته.';
      case 'connect_failed':
        return 'تعذّر توصيل المكالمة.';
      case 'refused':
        return reason.message === '' ? 'رفض الخادم المكالمة.' : reason.message;
      case 'failed':
        return reason.message === '' ? 'حدث خطأ في هذا الحاسوب.' : reason.message;
    }
  },
};
