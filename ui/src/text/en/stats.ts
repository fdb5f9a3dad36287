// Figures of a call. English.

export const stats = {
  title: 'Call details',
  code: 'Security code',
  codeHint: 'If the other person sees the same code, no one is listening in.',
  codeMissing: 'Not available yet',
  codes: 'Security codes',
  codesHint: 'If each person sees the same code for you as you see for them, no one is listening in.',
  worst: 'The worst connection',
  levels: {
    excellent: 'Excellent',
    good: 'Good',
    fair: 'Fair',
    poor: 'Poor',
  },
  received: 'Received',
  sent: 'Sent',
  none: 'No data yet',
  quality: {
    good: 'Good connection',
    fair: 'Fair connection',
    poor: 'Poor connection',
  },
};
