// Every word the interface says, in English. Other languages have the same shape (type `Text`).

import type { EndReason, Direction } from '../generated/bindings';

/** Two words for one and many; languages with more forms decide inside the function. */
const count = (n: number, one: string, many: string) => (n === 1 ? `1 ${one}` : `${n} ${many}`);

export const en = {
  app: 'Bellwire',
  someone: 'Unknown caller',
  close: 'Close',
  dismiss: 'Dismiss',
  retry: 'Try again',

  signIn: {
    title: 'Sign in',
    lead: 'Use the account you already have with your shop.',
    again: 'Your sign-in has expired. Sign in again to be reachable.',
    server: 'Server address',
    serverHint: 'For example calls.example.com',
    role: 'I am a',
    seller: 'Seller',
    customer: 'Customer',
    email: 'E-mail',
    password: 'Password',
    show: 'Show password',
    hide: 'Hide password',
    advanced: 'Advanced',
    advancedHint: 'Only needed if the server cannot be found by its address alone.',
    restBase: 'Address of the REST interface',
    socketBase: 'Address of the call socket',
    submit: 'Sign in',
    busy: 'Signing in…',
    cancel: 'Cancel',
    missing: {
      server: 'Enter the address of your server.',
      email: 'Enter your e-mail address.',
      password: 'Enter your password.',
    },
    failed: 'Signing in did not work. Check the address and try again.',
  },

  link: {
    connecting: 'Connecting…',
    online: 'Online',
    offline: 'Offline, trying again',
    signed_out: 'Signed out',
  },

  home: {
    customers: 'Customers',
    people: 'People',
    history: 'History',
    waiting: 'Ready',
    sections: 'Sections',
    account: 'Account',
    accounts: 'Accounts',
    addAccount: 'Add account',
    signOut: 'Sign out',
    seller: 'Seller',
    customer: 'Customer',
    search: 'Search customers',
    searchPlaceholder: 'Name, e-mail or order',
    searching: 'Searching…',
    found: (n: number) => count(n, 'customer', 'customers'),
    loading: 'Loading customers…',
    empty: 'No customers yet',
    emptyHint: 'People who ordered from your shop appear here.',
    nothing: (search: string) => `Nobody matches “${search}”`,
    nothingHint: 'Try another spelling, or an order number.',
    error: 'The customer list could not be loaded',
    offline: 'No connection to the server. You cannot call or be called until it is back.',
    connecting: 'Connecting to the server…',
    signedOut: 'You are signed out and cannot be called.',
    signInAgain: 'Sign in again',
    onlineMark: 'online',
    call: 'Call',
    callName: (name: string) => `Video call ${name}`,
    callAbout: (label: string) => `Call about ${label}`,
    orders: (n: number) => count(n, 'order', 'orders'),
    noOrders: 'No orders yet',
    lastOrder: (label: string, when: string) => `${label}, ${when}`,
    spent: (amount: string) => `${amount} in total`,
    showOrders: (name: string) => `Orders of ${name}`,
    callFailed: 'The call could not be started.',
    commandFailed: 'That did not work. Try again.',
  },

  waiting: {
    title: 'You will be called here',
    lead: (server: string) => `Keep Bellwire running. When somebody at ${server} calls, this computer rings.`,
    offline: 'You cannot be called right now',
    offlineLead: 'There is no connection to the server. Bellwire keeps trying.',
    recent: 'Earlier calls',
  },

  history: {
    title: 'Calls',
    loading: 'Loading calls…',
    empty: 'No calls yet',
    emptyHint: 'Calls you make and receive appear here.',
    error: 'The history could not be loaded',
    more: 'Show earlier calls',
    loadingMore: 'Loading…',
    callBack: 'Call back',
    callBackName: (name: string) => `Call ${name} back`,
    today: 'Today',
    yesterday: 'Yesterday',
    status: {
      outgoing: 'Outgoing',
      incoming: 'Incoming',
      missed: 'Missed',
      noAnswer: 'No answer',
      declinedByMe: 'Declined',
      declinedByThem: 'Declined by them',
      failed: 'Failed',
      ongoing: 'In progress',
    },
  },

  ring: {
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
    keys: 'Enter to accept, Escape to silence',
    over: 'Nobody is calling',
  },

  call: {
    region: 'Call',
    with: (name: string) => `Call with ${name}`,
    calling: 'Calling…',
    ringing: 'Ringing…',
    connecting: 'Connecting…',
    connected: 'Connected',
    reconnecting: 'Reconnecting…',
    reconnectingHint: 'The connection was interrupted. Looking for another way.',
    callingHint: 'Waiting for the server',
    ringingHint: (name: string) => `${name}’s phone is ringing`,
    connectingHint: 'Setting up picture and sound',
    signalingLost: 'Server not reachable. Your call goes on.',
    duration: 'Call time',
    remoteMuted: (name: string) => `${name} is muted`,
    remoteCameraOff: (name: string) => `${name}’s camera is off`,
    remoteSharing: (name: string) => `${name} is sharing the screen`,
    noPicture: 'Waiting for the picture…',
    frozen: 'The picture stands still. Waiting for newer ones…',
    controls: 'Call controls',
    mute: 'Mute',
    unmute: 'Unmute',
    cameraOff: 'Camera off',
    cameraOn: 'Camera on',
    details: 'Details',
    end: 'End',
    cancel: 'Cancel',
    muted: 'You are muted',
    self: 'You',
    selfView: 'Your picture. Arrow keys move it to another corner.',
    selfOff: 'Camera off',
    remoteView: (name: string) => `Picture of ${name}`,
  },

  stats: {
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
    },
  },

  ended: {
    title: 'Call ended',
    callBack: 'Call back',
    callAgain: 'Call again',
    lasted: (time: string) => `Lasted ${time}`,
    reason: (reason: EndReason, direction: Direction, name: string): string => {
      switch (reason.why) {
        case 'hung_up':
          return 'You ended the call.';
        case 'remote_hung_up':
          return `${name} ended the call.`;
        case 'cancelled':
          return 'You cancelled the call.';
        case 'remote_cancelled':
          return `${name} stopped calling before you answered.`;
        case 'declined':
          return 'You declined the call.';
        case 'remote_declined':
          return `${name} declined the call.`;
        case 'remote_busy':
          return `${name} is in another call.`;
        case 'missed':
          return direction === 'incoming' ? `You missed a call from ${name}.` : `${name} did not answer.`;
        case 'remote_offline':
          return `${name} is not signed in right now.`;
        case 'answered_elsewhere':
          return 'You answered on another device.';
        case 'declined_elsewhere':
          return 'You declined on another device.';
        case 'merged':
          return 'You called each other at the same time.';
        case 'connection_lost':
          return 'The connection was lost and did not come back.';
        case 'connect_failed':
          return 'No connection to the other side could be made.';
        case 'refused':
          return reason.message === '' ? 'The server refused the call.' : reason.message;
        case 'failed':
          return reason.message === '' ? 'Something went wrong on this computer.' : reason.message;
      }
    },
  },

  notices: {
    region: 'Messages',
    notes: 'Good to know',
  },

  time: {
    /** For screen readers: "3 minutes 5 seconds". */
    spoken: (hours: number, minutes: number, seconds: number) =>
      [
        hours > 0 ? count(hours, 'hour', 'hours') : '',
        minutes > 0 ? count(minutes, 'minute', 'minutes') : '',
        count(seconds, 'second', 'seconds'),
      ]
        .filter((part) => part !== '')
        .join(' '),
  },
};

export type Text = typeof en;
