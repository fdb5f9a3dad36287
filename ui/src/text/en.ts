// Every word the interface says, in English. Other languages have the same shape (type `Text`);
// each section is a file.

import * as sections from './en/sections';

const { common, ...named } = sections;

export const en = { ...common, ...named };

export type Text = typeof en;
