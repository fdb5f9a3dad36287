// Numbers with what they count, in English.

import { plurals, type Forms } from '../plural';

export const count = plurals<Forms & { one: string }>('en');

const numbers = new Intl.NumberFormat('en');
export const number = (n: number): string => numbers.format(n);
