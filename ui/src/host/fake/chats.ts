// Threads of messages: short, long, in both directions, on several days.

import type { ChatView, Message, ThreadCall } from '../../generated/bindings';
import { ago, on } from './clock';
import { LEILA, LONG } from './people';
import { CARLA, TARIQ } from './backends';

function thread(name: string, lines: [from: string | null, text: string, at: string, read?: boolean][]): Message[] {
  return lines.map(([from, text, at, read], index) => ({
    id: `${name}-${index}`,
    thread: name,
    from_me: from === null,
    sender: from ?? 'me',
    text,
    at,
    read: read ?? true,
  }));
}

/** The calls among the messages. */
function withCalls(messages: Message[]): Message[] {
  const calls: Record<string, ThreadCall> = {
    'Missed voice call': { kind: 'voice', outcome: 'missed', duration_s: 0 },
    'Video call, 12:34': { kind: 'video', outcome: 'placed', duration_s: 754 },
  };
  return messages.map((message) => {
    const call = calls[message.text];
    return call === undefined ? message : { ...message, call };
  });
}

export const MESSAGES: Record<string, Message[]> = {
  'room-tariq': thread('room-tariq', [
    [TARIQ.name, 'Good morning! I am at the customer’s for listing 4471.', on(-1, 9, 5)],
    [null, 'Thanks. Is it the noise from the front axle again?', on(-1, 9, 8)],
    [
      TARIQ.name,
      'No, the gearbox this time.\nI have taken pictures of the parts I would need:\n1. Seal, 42 mm\n2. Bearing 6205-2RS\n3. Two litres of oil',
      on(-1, 10, 5),
    ],
    [
      null,
      'Order them on our account, please. The price list is at https://parts.example.com/catalogue/gearboxes/2024/seals-and-bearings?model=4471&sort=price-ascending',
      on(-1, 13, 5),
    ],
    [null, 'And tell me when they arrive.', on(-1, 13, 6)],
    [TARIQ.name, 'They came this morning.', ago(9), false],
    [TARIQ.name, 'The gearbox is out, can you have a look before I order the part?', ago(4), false],
  ]),
  'room-leila': thread('room-leila', [
    [LEILA.name, 'صباح الخير، هل وصلت القطعة؟', ago(50)],
    [null, 'Yes, part #5512-B is here. سأرسلها اليوم.', ago(44)],
    [LEILA.name, 'ممتاز! رقم التتبع من فضلك عندما يكون جاهزا (مثلا 1Z-999-AA1).', ago(40)],
  ]),
  'room-long': thread('room-long', [
    [
      LONG.name,
      'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft und noch einmal Donaudampfschifffahrtselektrizitätenhauptbetriebswerk',
      on(-1, 9),
    ],
    [
      null,
      `${'This is a long message that somebody pasted from a letter. It goes on for several lines and must neither widen the window nor hide the button that sends. '.repeat(4)}`,
      on(-1, 10),
    ],
  ]),
  'room-sven': [],
  'c-carla': withCalls(
    thread('c-carla', [
      [CARLA.name, 'Hi Mia, I saw your portfolio and love the tiles.', on(-1, 14)],
      [null, 'Thank you! What do you have in mind?', on(-1, 15)],
      [CARLA.name, 'Missed voice call', on(-1, 16)],
      [null, 'Video call, 12:34', on(-1, 17)],
      [CARLA.name, 'A splashback for my kitchen, about 2.4 m × 60 cm.', ago(30)],
      [null, 'Lovely, I have time from next week on.', ago(25), false],
      [CARLA.name, 'Great! Would a quick video call work for you?', ago(2), false],
    ]),
  ),
};

export const chat = (account: number, name: string, over: Partial<ChatView> = {}): ChatView => ({
  account,
  thread: name,
  messages: MESSAGES[name] ?? [],
  loaded: true,
  typing: null,
  failed: null,
  left_out: 0,
  ...over,
});
