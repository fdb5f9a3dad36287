// Figures of a call. English.

export const stats = {
  title: 'Call details',
  code: 'Security code',
  codeHint: 'If the other side sees the same code, nobody is listening in.',
  codeMissing: 'Not known yet',
  received: 'Received',
  sent: 'Sent',
  picture: 'Picture',
  bitrate: 'Data rate',
  codec: 'Codec',
  loss: 'Loss',
  delay: 'Round trip',
  jitter: 'Sound buffer',
  freezes: 'Freezes',
  path: 'Path',
  none: 'No figures yet',
  paths: { direct: 'direct', reflexive: 'direct', relayed: 'through a relay' } as Record<string, string>,
  quality: {
    good: 'Good connection',
    fair: 'Fair connection',
    poor: 'Poor connection',
  },
  why: {
    loss: 'Parts of the call are being lost on the way',
    delay: 'The connection is slow to respond',
    upload: 'Your upload is slow',
    download: 'Few pictures arrive',
    none: 'Picture and sound arrive as they should',
    sound: 'The sound arrives as it should',
  },
};
