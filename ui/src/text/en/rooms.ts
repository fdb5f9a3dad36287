// Lists of rooms and conversations. English.

import { count } from './count';

export const rooms = {
  search: 'Search',
  searchPlaceholder: 'Name or message',
  loading: { rooms: 'Loading rooms…', conversations: 'Loading conversations…' },
  found: { rooms: (n: number) => count(n, { one: '# room', other: '# rooms' }), conversations: (n: number) => count(n, { one: '# conversation', other: '# conversations' }) },
  empty: { rooms: 'No rooms yet', conversations: 'No conversations yet' },
  emptyHint: {
    rooms: 'A room appears here as soon as you share one with somebody.',
    conversations: 'A conversation appears here as soon as somebody writes.',
  },
  error: { rooms: 'The rooms could not be loaded', conversations: 'The conversations could not be loaded' },
  mine: (text: string) => `You: ${text}`,
  silent: 'No messages yet',
  choose: { rooms: 'Choose a room', conversations: 'Choose a conversation' },
  chooseHint: 'Its messages appear here, with the buttons to call.',
  online: 'Online',
  offline: 'Offline',
};
