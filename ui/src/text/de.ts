// Every word the interface says, in German.

import * as sections from './de/sections';
import type { Text } from './en';

const { common, ...named } = sections;

export const de: Text = { ...common, ...named };
