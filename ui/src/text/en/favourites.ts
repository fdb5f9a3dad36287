// People one calls often. English.

import { count } from './count';

export const favourites = {
  title: 'Favourites',
  mark: 'favourite',
  add: (name: string) => `Add ${name} to favourites`,
  remove: (name: string) => `Remove ${name} from favourites`,
  full: (n: number) =>
    count(n, { one: 'You can have # favourite. Remove it first.', other: 'You can have up to # favourites. Remove one first.' }),
  away: (account: string) => `Not signed in to ${account}`,
};
