// Every word the interface says, in Arabic.

import * as sections from './ar/sections';
import type { Text } from './en';

const { common, ...named } = sections;

export const ar: Text = { ...common, ...named };
