// Figures of a call. English.

export const stats = {
  title: 'Call details',
  code: 'Security code',
  codeHint: 'If the other person sees the same code, no one is listening in.',
  codeMissing: 'Not available yet',
  received: 'Received',
  sent: 'Sent',
  none: 'No data yet',
  quality: {
    good: 'Good connection',
    fair: 'Fair connection',
    poor: 'Poor connection',
  },
};
