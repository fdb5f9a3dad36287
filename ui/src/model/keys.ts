// Keys in a call and how accelerators are written for people. Pure.

const NAMES: Record<string, string> = {
  CmdOrCtrl: 'Ctrl',
  CommandOrControl: 'Ctrl',
  Control: 'Ctrl',
  Cmd: '⌘',
  Command: '⌘',
  Super: 'Super',
  Option: 'Alt',
};

/** `CmdOrCtrl+Shift+KeyM` as `Ctrl+Shift+M`. */
export function accelerator(keys: string): string {
  return keys
    .split('+')
    .map((part) => NAMES[part] ?? part.replace(/^Key(?=[A-Z]$)/, '').replace(/^Digit(?=\d$)/, ''))
    .join('+');
}

/** The key in lower case; on a keyboard of another script the Latin letter that stands in its place. */
export function keyOf(event: KeyboardEvent): string {
  const key = event.key.toLowerCase();
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  return letter !== undefined && [...key].length === 1 && !/[\x20-\x7e]/.test(key) ? letter.toLowerCase() : key;
}

/** A letter, digit or sign without Ctrl, as speech input may produce by mistake (WCAG 2.1.4). */
export function single(event: KeyboardEvent): boolean {
  return !event.ctrlKey && !event.metaKey && [...keyOf(event)].length === 1;
}

/** Up and Down go round among the controls of a menu; says whether it was one of them. */
export function stepFocus(event: KeyboardEvent, menu: HTMLElement | undefined, controls: string): boolean {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return false;
  event.preventDefault();
  const stops = [...(menu?.querySelectorAll<HTMLElement>(controls) ?? [])];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  stops[(at + (event.key === 'ArrowDown' ? 1 : stops.length - 1)) % stops.length]?.focus();
  return true;
}

/** Keys pressed there are text. */
export function writes(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && target.type !== 'radio' && target.type !== 'checkbox')
  );
}
