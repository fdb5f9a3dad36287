// The answer window. Arabic.

import type { Text } from '../en';

export const ring: Text['ring'] = {
  title: 'مكالمة واردة',
  video: 'مكالمة فيديو واردة',
  voice: 'مكالمة صوتية واردة',
  about: (label) => `بشأن ${label}`,
  accept: 'رد',
  decline: 'رفض',
  silence: 'كتم الرنين',
  silenced: 'الرنين مكتوم',
  waiting: (name) => `اتصال وارد من ${name}`,
  endAndAccept: 'إنهاء المكالمة والرد',
  room: {
    title: 'أحدهم في الانتظار',
    patient: 'المريض في الانتظار',
    other: 'في انتظارك',
    waiting: (name) => `في انتظارك: ${name}`,
    admit: 'إدخال',
    join: 'انضمام',
    later: 'ليس الآن',
    endAndAccept: 'إنهاء المكالمة والانضمام',
  },
  to: (account) => `إلى ${account}`,
  keys: 'Enter للرد، وEsc لكتم الرنين',
  over: 'لا مكالمة واردة',
};
