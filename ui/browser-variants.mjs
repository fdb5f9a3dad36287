// In what ways a view is looked at: colours, languages, sizes. Applied to a page that is open already,
// which is much quicker than opening one for each.

/** The size of a window as it is opened first, and as narrow as it can be made. */
const WIDE = { width: 1100, height: 720 };
const NARROW = { width: 360, height: 640 };
/** A large screen. */
const LARGE = { width: 1920, height: 1000 };

/** `rules`: what can be another than in `light`, where the same elements have all been looked at. */
export const VARIANTS = {
  light: { rules: 'all' },
  dark: { scheme: 'dark', rules: 'colours' },
  contrast: { scheme: 'dark', theme: 'high_contrast', rules: 'colours' },
  'contrast-light': { theme: 'high_contrast', rules: 'colours' },
  narrow: { ...NARROW, rules: 'all' },
  /** A list with the page of a person beside it. */
  wide: { ...LARGE, rules: 'all' },
  german: { language: 'de', ...NARROW, rules: 'width' },
  arabic: { language: 'ar', scheme: 'dark', rules: 'all' },
  'arabic-narrow': { language: 'ar', ...NARROW, rules: 'width' },
};

/** The ends of a call differ in their words alone: some of them stand for all. */
export const REPEATED = /^ended-(?!hung-up|connection-lost|refused)/;

/** Turns an open page into a variant; `size` is that of a window which has its own. */
export async function turn(page, { scheme = 'light', theme = 'system', language = null, width, height }, size = undefined) {
  await page.emulateMedia({ colorScheme: scheme });
  await page.setViewportSize(size ?? { width: width ?? WIDE.width, height: height ?? WIDE.height });
  await page.evaluate(
    ({ theme, language }) =>
      globalThis.bellwireFakeHost.pushSettings(({ settings, ...rest }) => ({
        ...rest,
        settings: { ...settings, theme, language },
      })),
    { theme, language },
  );
  // Two frames: one in which the change is drawn, one in which sizes have been measured.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  if (size?.fits === true) {
    const height = await page.evaluate(
      () => globalThis.bellwireFakeHost.said.filter(([name]) => name === 'ringDrawn').at(-1)?.[2],
    );
    if (height !== undefined) await page.setViewportSize({ width: size.width, height: Math.round(height) });
  }
}
