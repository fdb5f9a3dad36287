// Threads of messages: short, long, in both directions, on several days.

import type { ChatView, Message } from '../../generated/bindings';
import { ago, DAY, LEILA, LONG } from './people';
import { CARLA, TARIQ } from './backends';

const MINUTE = 60_000;

function thread(name: string, lines: [from: string | null, text: string, before: number, read?: boolean][]): Message[] {
  return lines.map(([from, text, before, read], index) => ({
    id: `${name}-${index}`,
    thread: name,
    from_me: from === null,
    sender: from ?? 'me',
    text,
    at: ago(before),
    read: read ?? true,
  }));
}

export const MESSAGES: Record<string, Message[]> = {
  'room-tariq': thread('room-tariq', [
    [TARIQ.name, 'Good morning! I am at the customer’s for listing 4471.', 26 * 3_600_000],
    [null, 'Thanks. Is it the noise from the front axle again?', 26 * 3_600_000 - 3 * MINUTE],
    [TARIQ.name, 'No, the gearbox this time.\nI have taken pictures of the parts I would need:\n1. Seal, 42 mm\n2. Bearing 6205-2RS\n3. Two litres of oil', 25 * 3_600_000],
    [null, 'Order them on our account, please. The price list is at https://parts.example.com/catalogue/gearboxes/2024/seals-and-bearings?model=4471&sort=price-ascending', 22 * 3_600_000],
    [null, 'And tell me when they arrive.', 22 * 3_600_000 - MINUTE],
    [TARIQ.name, 'They came this morning.', 9 * MINUTE, false],
    [TARIQ.name, 'The gearbox is out, can you have a look before I order the part?', 4 * MINUTE, false],
  ]),
  'room-leila': thread('room-leila', [
    [LEILA.name, 'صباح الخير، هل وصلت القطعة؟', 50 * MINUTE],
    [null, 'Yes, part #5512-B is here. سأرسلها اليوم.', 44 * MINUTE],
    [LEILA.name, 'ممتاز! رقم التتبع من فضلك عندما يكون جاهزا (مثلا 1Z-999-AA1).', 40 * MINUTE],
  ]),
  'room-long': thread('room-long', [
    [LONG.name, 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft und noch einmal Donaudampfschifffahrtselektrizitätenhauptbetriebswerk', 27 * 3_600_000],
    [null, `${'This is a long message that somebody pasted from a letter. It goes on for several lines and must neither widen the window nor hide the button that sends. '.repeat(4)}`, 26 * 3_600_000],
  ]),
  'room-sven': [],
  'c-carla': thread('c-carla', [
    [CARLA.name, 'Hi Mia, I saw your portfolio and love the tiles.', DAY + 2 * 3_600_000],
    [null, 'Thank you! What do you have in mind?', DAY + 3_600_000],
    [CARLA.name, 'A splashback for my kitchen, about 2.4 m × 60 cm.', 30 * MINUTE],
    [null, 'Lovely, I have time from next week on.', 25 * MINUTE, false],
    [CARLA.name, 'Great! Would a quick video call work for you?', 2 * MINUTE, false],
  ]),
};

export const chat = (account: number, name: string, over: Partial<ChatView> = {}): ChatView => ({
  account,
  thread: name,
  messages: MESSAGES[name] ?? [],
  loaded: true,
  typing: null,
  failed: null,
  ...over,
});
