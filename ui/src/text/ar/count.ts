// Numbers with what they count, in Arabic: all six forms are needed, and one and two are words.

import { plurals, type Form } from '../plural';

// Western digits, as in everything a backend sends: amounts, order numbers, times.
export const count = plurals<Record<Form, string>>('ar-u-nu-latn');

const numbers = new Intl.NumberFormat('ar-u-nu-latn');
export const number = (n: number): string => numbers.format(n);
