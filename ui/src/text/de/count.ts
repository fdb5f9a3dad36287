// Numbers with what they count, in German.

import { plurals, type Forms } from '../plural';

export const count = plurals<Forms & { one: string }>('de');

const numbers = new Intl.NumberFormat('de');
export const number = (n: number): string => numbers.format(n);
