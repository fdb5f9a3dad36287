// Lists of rooms and conversations. English.

import { count } from './count';

export const rooms = {
  search: 'Search',
  searchPlaceholder: 'Name or message',
  loading: { rooms: 'Loading rooms…', conversations: 'Loading conversations…' },
  found: {
    rooms: (n: number) => count(n, { one: '# room', other: '# rooms' }),
    conversations: (n: number) => count(n, { one: '# conversation', other: '# conversations' }),
  },
  empty: { rooms: 'No rooms yet', conversations: 'No conversations yet' },
  emptyHint: {
    rooms: 'Rooms you share with someone appear here.',
    conversations: 'Conversations appear here when someone writes to you.',
  },
  error: { rooms: 'The rooms couldn’t be loaded', conversations: 'The conversations couldn’t be loaded' },
  mine: (text: string) => `You: ${text}`,
  silent: 'No messages yet',
  choose: { rooms: 'Choose a room', conversations: 'Choose a conversation' },
  chooseHint: 'Its messages and call buttons appear here.',
  online: 'Online',
  offline: 'Offline',
};
