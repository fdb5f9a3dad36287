// What must hold in every view at every width. Runs in the page: no imports, no names from outside.

/** Gives a list of what is wrong: names squeezed, controls outside the window or covered, texts cut without an ellipsis or title. */
export function layoutProblems() {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const problems = [];
  const words = (one) =>
    `${one.localName}.${one.className.toString().split(' ')[0]}[${one.getAttribute('data-testid') ?? ''}] "${(one.getAttribute('aria-label') ?? one.textContent ?? '').trim().slice(0, 40)}"`;
  const shown = (one) =>
    one.getClientRects().length > 0 &&
    one.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }) &&
    one.closest('.spoken, [hidden], [inert], [aria-hidden="true"]') === null;
  const scrolls = (value) => value === 'auto' || value === 'scroll';

  /** The first part around an element that leaves a point of it out of sight, and whether scrolling brings it back. */
  function clipped(one, x, y) {
    for (let at = one.parentElement; at !== null && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.overflowX !== 'visible' || style.overflowY !== 'visible') {
        const box = at.getBoundingClientRect();
        if (x < box.left || x > box.right) return { reachable: scrolls(style.overflowX) && at.hasAttribute('data-scrolls') };
        if (y < box.top || y > box.bottom) return { reachable: scrolls(style.overflowY) };
      }
      if (style.position === 'fixed') return null;
    }
    return null;
  }

  for (const one of document.querySelectorAll('.name')) {
    if (one.scrollWidth <= one.clientWidth + 1 || !shown(one)) continue;
    const { width } = one.getBoundingClientRect();
    if (width < 8 * rem - 1) problems.push(`name of ${Math.round(width)} px: ${words(one)}`);
  }

  for (const one of document.querySelectorAll('button, a[href], input, select, textarea, [role="switch"], [role="tab"]')) {
    const box = one.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || !shown(one)) continue;
    const x = box.left + box.width / 2;
    const y = box.top + box.height / 2;
    const out = clipped(one, x, y);
    // Scrolled out of sight, and scrolled back as easily.
    if (out?.reachable === true) continue;
    if (out !== null) {
      problems.push(`cut off for good: ${words(one)}`);
      continue;
    }
    if (box.left < -1 || box.right > innerWidth + 1) {
      if (one.closest('[data-scrolls]') === null)
        problems.push(`outside the window (${Math.round(box.left)}..${Math.round(box.right)} of ${innerWidth}): ${words(one)}`);
      continue;
    }
    if (y < 0 || y >= innerHeight) {
      problems.push(`above or below the window (${Math.round(y)} of ${innerHeight}): ${words(one)}`);
      continue;
    }
    const top = document.elementFromPoint(x, y);
    const related =
      top === null ||
      one.contains(top) ||
      top.contains(one) ||
      top.closest('label')?.contains(one) === true ||
      document.querySelector(`label[for="${CSS.escape(one.id)}"]`)?.contains(top) === true;
    // What a dialog, a menu or a sheet covers is covered on purpose; a second call is not.
    const urgent = one.closest('section[role="alert"]') !== null;
    // A call that comes in lies over the pictures for as long as it rings.
    if (!related && one.matches('[data-testid="tile-pin"]') && top.closest('section[role="alert"]') !== null) continue;
    if (!related && urgent) problems.push(`answer under ${words(top)}: ${words(one)}`);
    else if (
      !related &&
      top.closest(
        '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"], [role="group"][data-testid], dialog, .veil, .menu, .sheet, .toasts, .toast, .scrim',
      ) === null
    ) {
      problems.push(`under ${words(top)}: ${words(one)}`);
    }
  }

  for (const one of document.querySelectorAll('p, span, h1, h2, h3, dt, dd, td, th, button, a, label, summary')) {
    if (one.scrollWidth <= one.clientWidth + 1 || one.clientWidth < 3) continue;
    const style = getComputedStyle(one);
    if (style.overflowX === 'visible' || scrolls(style.overflowX) || style.display === 'inline' || !shown(one)) continue;
    if (style.textOverflow !== 'ellipsis') problems.push(`cut without an ellipsis: ${words(one)}`);
    else if (one.closest('[title]') === null && one.querySelector('[title]') === null)
      problems.push(`cut without a title: ${words(one)}`);
  }

  // Figures and words side by side run into each other where their column is too narrow.
  for (const one of document.querySelectorAll('dt, dd, td, th')) {
    if (
      one.scrollWidth > one.clientWidth + 1 &&
      one.clientWidth > 2 &&
      getComputedStyle(one).overflowX === 'visible' &&
      shown(one)
    )
      problems.push(`runs over its edge: ${words(one)}`);
  }
  // Lists and pages go up and down; a bar at their lower edge is an oversight.
  for (const one of document.querySelectorAll('body *')) {
    if (
      one.scrollWidth <= one.clientWidth + 1 ||
      one.hasAttribute('data-scrolls') ||
      !scrolls(getComputedStyle(one).overflowX) ||
      !shown(one)
    )
      continue;
    if (!one.matches('input, textarea'))
      problems.push(`scrolls sideways (${one.scrollWidth} of ${one.clientWidth}): ${words(one)}`);
  }
  if (document.documentElement.scrollWidth > innerWidth + 1)
    problems.push(`wider than the window: ${document.documentElement.scrollWidth} of ${innerWidth}`);
  return problems;
}
