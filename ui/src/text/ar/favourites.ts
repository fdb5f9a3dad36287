// People one calls often. Arabic.

import type { Text } from '../en';
import { count } from './count';

export const favourites: Text['favourites'] = {
  title: 'المفضلة',
  mark: 'من المفضلة',
  add: (name) => `إضافة ${name} إلى المفضلة`,
  remove: (name) => `إزالة ${name} من المفضلة`,
  full: (n) =>
    count(n, {
      zero: 'لا مكان في المفضلة.',
      one: 'تتسع المفضلة لشخص واحد. أزِله أولًا.',
      two: 'تتسع المفضلة لشخصين. أزِل أحدهما أولًا.',
      few: 'تتسع المفضلة لـ # أشخاص. أزِل أحدهم أولًا.',
      many: 'تتسع المفضلة لـ # شخصًا. أزِل أحدهم أولًا.',
      other: 'تتسع المفضلة لـ # شخص. أزِل أحدهم أولًا.',
    }),
  away: (account) => `لم تسجّل الدخول إلى ${account}`,
};
