// Medians and spreads, and how they are written.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `median (least–most)`; a dash without values. */
export function spread(values, digits = 0) {
  if (values.length === 0) return '–';
  const text = (value) => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}

/** Ours as a multiple of theirs; a dash where one is missing. */
export function ratio(ours, theirs) {
  if (ours.length === 0 || theirs.length === 0) return '–';
  return `${(median(ours) / median(theirs)).toFixed(2)}x`;
}

/** Rows of text as a Markdown table, which is readable as it is too. */
export function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => [...row[column]].length)));
  const line = (row) => `| ${row.map((cell, i) => cell + ' '.repeat(widths[i] - [...cell].length)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}
