// Page visibility: work that only a window on the screen needs. A window is hidden in the tray, while it is
// minimised and, where the system tells, while others cover it.

import type { Stop } from '../host/host';

/** Whether the window can be seen; true where the web view does not say. */
export function onScreen(): boolean {
  return document.visibilityState !== 'hidden';
}

/** Starts `work` now or as soon as the window can be seen, stops it when it cannot, and so on until stopped. */
export function whileOnScreen(work: () => Stop): Stop {
  let stop: Stop | null = null;
  const follow = () => {
    if (!onScreen()) {
      stop?.();
      stop = null;
    } else stop ??= work();
  };
  document.addEventListener('visibilitychange', follow);
  follow();
  return () => {
    document.removeEventListener('visibilitychange', follow);
    stop?.();
    stop = null;
  };
}
