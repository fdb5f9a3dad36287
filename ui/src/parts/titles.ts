// Text that is cut for want of room has its whole words as a title. One observer for the document: whether a
// text is cut depends on the window, the language and the text size, not only on the component that draws it.

/** Set by us, and taken away when the text fits again. */
const OURS = 'data-cut';

function sweep(root: Document): void {
  // All reads first: one layout for the whole document.
  const changes = [...root.querySelectorAll<HTMLElement>('.cut')].map((one) => ({
    one,
    cut: one.scrollWidth > one.clientWidth && one.clientWidth > 2,
    words: one.textContent.trim(),
  }));
  for (const { one, cut, words } of changes) {
    const ours = one.hasAttribute(OURS);
    if (cut && (ours || !one.hasAttribute('title'))) {
      if (one.title !== words) one.title = words;
      if (!ours) one.setAttribute(OURS, '');
    } else if (!cut && ours) {
      one.removeAttribute('title');
      one.removeAttribute(OURS);
    }
  }
}

/** Begins to keep the titles of `.cut` elements; gives the function that ends it. */
export function keepTitles(root: Document = document): () => void {
  let asked = 0;
  const ask = () => {
    if (asked === 0) {
      asked = requestAnimationFrame(() => {
        asked = 0;
        sweep(root);
      });
    }
  };
  const changes = new MutationObserver(ask);
  changes.observe(root, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ['class', 'hidden', 'dir'],
  });
  window.addEventListener('resize', ask);
  ask();
  return () => {
    cancelAnimationFrame(asked);
    changes.disconnect();
    window.removeEventListener('resize', ask);
  };
}
