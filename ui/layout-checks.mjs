// What must hold in every view at every width. Runs in the page: no imports, no names from outside.

/** Gives a list of what is wrong: names squeezed, controls outside the window or covered, texts cut without an ellipsis or title. */
export function layoutProblems() {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const problems = [];
  const words = (one) => `${one.localName}.${one.className.toString().split(' ')[0]}[${one.getAttribute('data-testid') ?? ''}] "${(one.getAttribute('aria-label') ?? one.textContent ?? '').trim().slice(0, 40)}"`;
  const shown = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }) && one.getClientRects().length > 0;
  /** The part of an element that scrolling parts around it leave in sight can be reached by scrolling: those clip nothing for good. */
  const hidden = (one) => one.closest('.spoken, [hidden], [inert], [aria-hidden="true"]') !== null;

  for (const one of document.querySelectorAll('.name')) {
    if (!shown(one) || hidden(one)) continue;
    const { width } = one.getBoundingClientRect();
    if (one.scrollWidth > one.clientWidth + 1 && width < 8 * rem - 1) problems.push(`name of ${Math.round(width)} px: ${words(one)}`);
  }

  for (const one of document.querySelectorAll('button, a[href], input, select, textarea, [role="switch"], [role="tab"]')) {
    if (!shown(one) || hidden(one)) continue;
    const box = one.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) continue;
    if (box.left < -1 || box.right > innerWidth + 1) {
      // A strip that scrolls sideways on purpose may hold more than fits.
      let scrolls = false;
      for (let at = one.parentElement; at !== null; at = at.parentElement) {
        scrolls ||= ['auto', 'scroll'].includes(getComputedStyle(at).overflowX) && at.scrollWidth > at.clientWidth && getComputedStyle(at).overflowX !== 'visible' && at.hasAttribute('data-scrolls');
      }
      if (!scrolls) problems.push(`outside the window (${Math.round(box.left)}..${Math.round(box.right)} of ${innerWidth}): ${words(one)}`);
      continue;
    }
    const x = box.left + box.width / 2;
    const y = box.top + box.height / 2;
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) continue;
    const top = document.elementFromPoint(x, y);
    const related = top === null || one.contains(top) || top.contains(one) || top.closest('label')?.contains(one) === true || document.querySelector(`label[for="${CSS.escape(one.id)}"]`)?.contains(top) === true;
    // What a dialog, a menu or a sheet covers is covered on purpose, and so is what has scrolled under a head that stays.
    if (!related && top.closest('[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"], [role="group"][data-testid], dialog, .veil, .menu, .sheet, .toasts, .toast, .scrim') === null) {
      problems.push(`under ${words(top)}: ${words(one)}`);
    }
  }

  for (const one of document.querySelectorAll('p, span, h1, h2, h3, dt, dd, td, th, button, a')) {
    if (!shown(one) || hidden(one) || one.scrollWidth <= one.clientWidth + 1 || one.clientWidth < 3) continue;
    const style = getComputedStyle(one);
    if (style.overflowX === 'visible' || style.display === 'inline') continue;
    if (style.overflowX === 'auto' || style.overflowX === 'scroll') continue;
    if (style.textOverflow !== 'ellipsis') problems.push(`cut without an ellipsis: ${words(one)}`);
    else if (one.closest('[title]') === null && one.querySelector('[title]') === null) problems.push(`cut without a title: ${words(one)}`);
  }
  if (document.documentElement.scrollWidth > innerWidth + 1) problems.push(`wider than the window: ${document.documentElement.scrollWidth} of ${innerWidth}`);
  return problems;
}
