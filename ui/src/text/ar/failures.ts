// What went wrong, by the code of a failed command. Arabic.

import type { Text } from '../en';

export const failures: Text['failures'] = {
  backend_failed: 'حدثت مشكلة في الخادم نفسه. حاول لاحقًا.',
  bad_address: 'هذا ليس عنوان خادم.',
  certificate: 'لا يستطيع الخادم إثبات هويته: شهادته غير مقبولة.',
  certificate_file: 'تعذّرت قراءة ملف الشهادة.',
  log_failed: 'تعذّرت قراءة قائمة المكالمات أو كتابتها.',
  log_not_open: 'قائمة المكالمات غير مفتوحة. أعد تشغيل Bellwire.',
  no_account: 'لم يعد هذا الحساب مسجّل الدخول.',
  no_tls: 'الاتصالات المشفّرة غير ممكنة على هذا الحاسوب.',
  not_a_backend: 'لا توجد خدمة مكالمات على هذا العنوان.',
  not_a_proxy: 'هذا ليس عنوان خادم وكيل.',
  not_allowed: 'لا يسمح مسؤول النظام لديك بذلك.',
  not_started: 'تعذّر بدء جزء المكالمات في Bellwire.',
  not_understood: 'أجاب الخادم بما لا يفهمه Bellwire.',
  password_change_required: 'عليك أولًا اختيار كلمة مرور جديدة في صفحات الخدمة.',
  proxy: 'لم يوفّر الخادم الوكيل اتصالًا بالخادم.',
  rate_limited: 'محاولات كثيرة جدًا. انتظر قليلًا ثم حاول مرة أخرى.',
  refused: 'رفض الخادم ذلك.',
  setting_invalid: 'هذا الإعداد غير ممكن.',
  settings_not_stored: 'تعذّر حفظ الإعدادات.',
  signed_out: 'تم تسجيل خروجك.',
  stopped: 'يجري إنهاء Bellwire.',
  unknown_dialect: 'لا يعرف Bellwire هذه الخدمة.',
  unknown_role: 'ليس في الخدمة هذا الدور.',
  unreachable: 'تعذّر الوصول إلى الخادم. تحقق من العنوان ومن اتصالك بالشبكة.',
  wrong_credentials: 'البريد الإلكتروني أو كلمة المرور غير صحيحة.',
};
