// Keys as the shell writes them (`CmdOrCtrl+Shift+M`): read from what is pressed, shown to people. Pure.

export interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  metaKey: boolean;
}

/** `waiting`: only modifiers so far. `bare`: would take a key from all other programs' typing. */
export type Read = { is: 'key'; accelerator: string } | { is: 'waiting' | 'bare' | 'impossible' };

const MODIFIERS = new Set([
  'Control',
  'Alt',
  'AltGraph',
  'Shift',
  'Meta',
  'Super',
  'OS',
  'Hyper',
  'Fn',
  'CapsLock',
  'NumLock',
  'Dead',
  'Process',
]);
const MEDIA = /^(Media|Audio)[A-Z]\w+$/;
/** Keys that type nothing, and so need no modifier. */
const FREE = /^(F([1-9]|1\d|2[0-4])|Pause|ScrollLock|PrintScreen|Insert)$/;
const CODES =
  /^(Key[A-Z]|Digit\d|F([1-9]|1\d|2[0-4])|Numpad(\d|Add|Subtract|Multiply|Divide|Decimal|Enter|Equal)|Arrow(Up|Down|Left|Right)|Space|Tab|Enter|Backspace|Delete|Insert|Home|End|PageUp|PageDown|Pause|ScrollLock|PrintScreen|Minus|Equal|Comma|Period|Slash|Semicolon|Quote|Backquote|Backslash|BracketLeft|BracketRight)$/;

/** What was pressed, as an accelerator. */
export function read(pressed: Pressed, mac: boolean): Read {
  if (MODIFIERS.has(pressed.key)) return { is: 'waiting' };
  const key = nameOf(pressed);
  if (key === null) return { is: 'impossible' };
  const { ctrlKey, altKey, shiftKey, metaKey } = pressed;
  if (!ctrlKey && !altKey && !metaKey && !FREE.test(key) && !MEDIA.test(key)) return { is: 'bare' };
  const parts = [
    ...((mac ? metaKey : ctrlKey) ? ['CmdOrCtrl'] : []),
    ...((mac ? ctrlKey : metaKey) ? [mac ? 'Ctrl' : 'Super'] : []),
    ...(altKey ? ['Alt'] : []),
    ...(shiftKey ? ['Shift'] : []),
    key,
  ];
  return { is: 'key', accelerator: parts.join('+') };
}

function nameOf({ key, code }: Pressed): string | null {
  // The letter that is printed on the key, which is not where an English one has it.
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  if (MEDIA.test(code)) return code;
  if (!CODES.test(code)) return null;
  return code.replace(/^(Key|Digit)/, '');
}

/** Words for the keys; what is left out is shown as it is written. */
export type KeyNames = Partial<Record<string, string>>;

/** The parts of an accelerator as they stand on the keys. */
export function parts(accelerator: string, names: KeyNames, mac: boolean): string[] {
  return accelerator.split('+').map((part) => {
    const name = part === 'CmdOrCtrl' || part === 'CommandOrControl' ? (mac ? 'Cmd' : 'Ctrl') : part;
    return names[name] ?? name;
  });
}

/** Two accelerators for the same keys. */
export function same(one: string, other: string): boolean {
  const plain = (accelerator: string) =>
    accelerator
      .replace(/CommandOrControl/i, 'CmdOrCtrl')
      .split('+')
      .map((part) => part.toLowerCase())
      .sort()
      .join('+');
  return plain(one) === plain(other);
}
