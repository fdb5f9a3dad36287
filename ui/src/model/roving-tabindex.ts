// One tab stop for a list whose rows have several controls: Up and Down go from row to row, Left and Right
// from control to control (mirrored where one reads from the right), Home and End to the first and last row.

const CONTROLS = 'button, a[href], input, select';

const shows = (one: HTMLElement): boolean =>
  one.closest('[hidden]') === null &&
  (typeof one.checkVisibility === 'function' ? one.checkVisibility() : getComputedStyle(one).display !== 'none');

/** A Svelte action for the list. Its rows carry `data-row`; a row may hold further rows. */
export function roving(list: HTMLElement): { destroy: () => void } {
  /** Where Tab enters the list: the control that had the focus last. */
  let stop: HTMLElement | null = null;
  let planned = false;

  const rows = () => [...list.querySelectorAll<HTMLElement>('[data-row]')].filter((row) => controls(row).length > 0);
  const controls = (row: HTMLElement) =>
    [...row.querySelectorAll<HTMLElement>(CONTROLS)].filter(
      (one) => one.closest('[data-row]') === row && !one.matches(':disabled') && shows(one),
    );

  function arrange(): void {
    planned = false;
    const usable = stop !== null && list.contains(stop) && !stop.matches(':disabled') && shows(stop);
    if (!usable) stop = rows().flatMap(controls)[0] ?? null;
    for (const one of list.querySelectorAll<HTMLElement>(`[data-row] :is(${CONTROLS})`)) {
      const wanted = one === stop ? 0 : -1;
      if (one.tabIndex !== wanted) one.tabIndex = wanted;
    }
  }

  /** At most once a turn: a list of hundreds changes in many small steps. */
  function plan(): void {
    if (planned) return;
    planned = true;
    queueMicrotask(() => planned && arrange());
  }

  function entered(event: FocusEvent): void {
    const control = event.target instanceof Element ? event.target.closest<HTMLElement>(CONTROLS) : null;
    if (control === null || control.closest('[data-row]') === null || control === stop) return;
    const before = stop;
    stop = control;
    if (before !== null) before.tabIndex = -1;
    control.tabIndex = 0;
  }

  function pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    const from = event.target instanceof Element ? event.target.closest<HTMLElement>(CONTROLS) : null;
    const row = from?.closest<HTMLElement>('[data-row]') ?? null;
    if (from === null || row === null) return;
    const to = target(event.key, from, row);
    if (to === undefined) return;
    event.preventDefault();
    to.focus();
  }

  function target(key: string, from: HTMLElement, row: HTMLElement): HTMLElement | undefined {
    const mine = controls(row);
    const at = mine.indexOf(from);
    const forward = getComputedStyle(list).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    if (key === 'ArrowLeft' || key === 'ArrowRight') return mine[key === forward ? at + 1 : at - 1];
    const all = rows();
    const line = { ArrowDown: all.indexOf(row) + 1, ArrowUp: all.indexOf(row) - 1, Home: 0, End: all.length - 1 }[key];
    const there = line === undefined || all[line] === undefined ? [] : controls(all[line]);
    // The same kind of control where the row has it, else the one in the same place.
    return (
      there.find((one) => one.dataset['testid'] !== undefined && one.dataset['testid'] === from.dataset['testid']) ??
      there[Math.min(at, there.length - 1)]
    );
  }

  const changes = new MutationObserver(plan);
  changes.observe(list, { subtree: true, childList: true, attributeFilter: ['disabled', 'hidden'] });
  // Controls come and go with the width.
  const sizes = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(plan);
  sizes?.observe(list);
  list.addEventListener('focusin', entered);
  list.addEventListener('keydown', pressed);
  arrange();

  return {
    destroy() {
      changes.disconnect();
      sizes?.disconnect();
      list.removeEventListener('focusin', entered);
      list.removeEventListener('keydown', pressed);
    },
  };
}
