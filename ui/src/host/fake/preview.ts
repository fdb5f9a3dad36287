// Small made-up pictures of screens and windows.

const HUES = [196, 32, 268, 140, 340];

/** The number decides what it looks like. */
export function preview(number: number): string {
  const hue = HUES[number % HUES.length] ?? 0;
  const lines = Array.from(
    { length: 7 },
    (_, at) =>
      `<rect x="${60 + (at % 2) * 12}" y="${46 + at * 17}" width="${190 - ((at * 37 + number * 23) % 90)}" height="7" rx="3" fill="hsl(${hue} 18% 62%)"/>`,
  );
  return `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180"><rect width="320" height="180" fill="hsl(${hue} 40% 28%)"/><rect x="40" y="20" width="240" height="160" fill="#fff"/><rect x="40" y="20" width="240" height="14" fill="hsl(${hue} 30% 45%)"/>${lines.join('')}</svg>`,
  )}`;
}
