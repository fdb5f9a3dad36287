// Questions and signs of the program as a whole. English.

export const desktop = {
  close: {
    title: 'Bellwire keeps running',
    lead: 'The window is closed, but calls still ring. You find Bellwire in the bar of small icons and can quit it there.',
    hint: 'You can change this in the settings.',
    keep: 'Keep running',
    quit: 'Quit Bellwire',
  },
  pending: {
    title: { voice: 'Place a voice call?', video: 'Place a video call?' },
    lead: 'A link outside Bellwire asks for this call.',
    unknown: 'You have not had this person in your list. Call only if you know where the link came from.',
    address: 'Address',
    from: 'Call from',
    nobody: 'You are not signed in to an account that can call there.',
    call: 'Call',
    cancel: 'Do not call',
    close: 'Close',
  },
  restoring: {
    title: 'Signing in again…',
    titleFailed: 'Not every account came back',
    region: 'Accounts on their way back',
    trying: 'Signing in…',
    retry: 'Try again',
    signIn: 'Sign in again',
    other: 'Use another account',
  },
  quiet: {
    own: 'Do not disturb',
    ownHint: 'Nothing rings until you switch it off.',
    hours: (until: string) => `Quiet until ${until}`,
    hoursHint: 'Quiet hours are on.',
    system: 'Quiet with the desktop',
    systemHint: 'The desktop’s do-not-disturb is on.',
    turnOn: 'Do not disturb',
    turnOff: 'Ring again',
    on: 'Nothing rings',
  },
  managed: {
    choose: 'Choose your server.',
    server: 'Server',
    other: 'Another server',
  },
  optional: (label: string) => `${label} (optional)`,
  optionalHint: 'Only if your server asks for one.',
};
