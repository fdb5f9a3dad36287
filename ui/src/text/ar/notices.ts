// Short messages. Arabic.

import type { Text } from '../en';

export const notices: Text['notices'] = {
  region: 'التنبيهات',
  notes: 'معلومات مفيدة',
  note: {
    no_camera_found: 'لم يُعثر على كاميرا: لا يرى الطرف الآخر صورة.',
    camera_off: 'لا كاميرا: لا يرى الطرف الآخر صورة.',
    test_picture: 'تُرسل صورة اختبار بدل الكاميرا.',
    film: 'يُرسل مقطع مصوّر بدل الكاميرا.',
    no_microphone_found: 'لم يُعثر على ميكروفون: لا يسمع الطرف الآخر شيئًا.',
    microphone_off: 'لا ميكروفون: لا يسمع الطرف الآخر شيئًا.',
    recording: 'يُرسل تسجيل بدل الميكروفون.',
    no_speaker_found: 'لم يُعثر على بطاقة صوت: لن تسمع شيئًا.',
    speaker_off: 'لا بطاقة صوت: لن تسمع شيئًا.',
    speaker_file: 'يُسجَّل الصوت في ملف: لن تسمع شيئًا.',
  },
};
