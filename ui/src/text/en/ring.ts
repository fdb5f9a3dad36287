// The answer window. English.

export const ring = {
  title: 'Incoming call',
  video: 'Incoming video call',
  voice: 'Incoming voice call',
  about: (label: string) => `About ${label}`,
  accept: 'Accept',
  decline: 'Decline',
  silence: 'Silence',
  silenced: 'Silenced',
  waiting: (name: string) => `${name} is calling`,
  endAndAccept: 'End call and answer',
  /** For backends with rooms: the other side is in the room, and no phone rings. */
  room: {
    title: 'Someone is waiting',
    patient: 'Patient is waiting',
    other: 'Waiting for you',
    waiting: (name: string) => `${name} is waiting for you`,
    admit: 'Admit',
    join: 'Join',
    later: 'Not now',
    endAndAccept: 'End call and join',
  },
  to: (account: string) => `For ${account}`,
  keys: 'Enter to accept, Esc to silence',
  over: 'No one is calling',
};
