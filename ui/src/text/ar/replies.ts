// Declining with a message. Arabic.

import type { Text } from '../en';

export const replies: Text['replies'] = {
  open: 'الرفض برسالة',
  title: (name) => `رفض المكالمة ومراسلة ${name}`,
  usual: ['سأعاود الاتصال بك', 'لا أستطيع التحدث الآن', 'أنا في الطريق'],
  own: 'اكتب رسالتك…',
  send: 'رفض وإرسال',
  close: 'العودة إلى المكالمة',
  failed: 'لم تُرسَل الرسالة.',
};
