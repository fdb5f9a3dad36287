// Every word the interface says, in English. Other languages have the same shape (type `Text`).

import type { EndReason, Direction, StartNote } from '../generated/bindings';
import { replies } from './en/replies';

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
    lead: 'Use the account you already have. Start with the address of its server.',
    leadFields: 'Use the account you already have there.',
    again: 'Your sign-in has expired. Sign in again to be reachable.',
    server: 'Server address',
    serverHint: 'For example calls.example.com',
    next: 'Continue',
    looking: 'Looking for the server…',
    change: 'Change',
    backend: 'Service',
    several: 'This server has more than one service. Choose yours.',
    unknown: 'This server does not say what it is. Choose your service.',
    anyway: 'Choose the service by hand',
    about: {
      storefront: 'Sellers and customers of a shop',
      dealerdesk: 'Dealers and technicians',
      marketplace: 'Providers and their clients',
      hearth: 'Calls, groups and therapy sessions',
      clinic: 'Practitioners and their patients',
    } as Record<string, string>,
    role: 'I am a',
    roles: {
      seller: 'Seller',
      customer: 'Customer',
      dealer: 'Dealer',
      technician: 'Technician',
      provider: 'Provider',
      client: 'Client',
      admin: 'Administrator',
      user: 'Member',
      practitioner: 'Practitioner',
      patient: 'Patient',
    } as Record<string, string>,
    fields: { email: 'E-mail', password: 'Password' } as Record<string, string>,
    show: 'Show password',
    hide: 'Hide password',
    advanced: 'Advanced',
    advancedHint: 'Only needed if the server cannot be found by its address alone.',
    restBase: 'Address of the REST interface',
    socketBase: 'Address of the call socket',
    loginPath: 'Path of the login',
    extraCa: 'File of an extra certificate authority',
    extraCaHint: 'A PEM file, trusted beside what this computer trusts.',
    proxy: 'Proxy',
    submit: 'Sign in',
    busy: 'Signing in…',
    cancel: 'Cancel',
    missing: {
      server: 'Enter the address of your server.',
      backend: 'Choose your service.',
      field: (label: string) => `Enter your ${label.toLowerCase()}.`,
    },
    notFound: 'The server could not be reached. Check the address and your connection.',
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
    rooms: 'Rooms',
    conversations: 'Conversations',
    sessions: 'Sessions',
    appointments: 'Appointments',
    history: 'History',
    waiting: 'Ready',
    sections: 'Sections',
    account: 'Account',
    accounts: 'Accounts',
    accountAt: (name: string, label: string) => `${name}, ${label}`,
    addAccount: 'Add account',
    signOut: 'Sign out',
    unread: (n: number) => count(n, 'unread message', 'unread messages'),
    waits: (n: number) => count(n, 'person is waiting', 'people are waiting'),
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
    signedOut: (account: string) => `You are signed out of ${account} and cannot be called there.`,
    signInAgain: 'Sign in again',
    onlineMark: 'online',
    call: 'Call',
    callName: (name: string) => `Video call ${name}`,
    voiceName: (name: string) => `Voice call ${name}`,
    voice: 'Voice call',
    video: 'Video call',
    callAbout: (label: string) => `Call about ${label}`,
    orders: (n: number) => count(n, 'order', 'orders'),
    noOrders: 'No orders yet',
    lastOrder: (label: string, when: string) => `${label}, ${when}`,
    spent: (amount: string) => `${amount} in total`,
    showOrders: (name: string) => `Orders of ${name}`,
    callFailed: 'The call could not be started.',
    commandFailed: 'That did not work. Try again.',
  },

  rooms: {
    search: 'Search',
    searchPlaceholder: 'Name or message',
    loading: { rooms: 'Loading rooms…', conversations: 'Loading conversations…' },
    found: { rooms: (n: number) => count(n, 'room', 'rooms'), conversations: (n: number) => count(n, 'conversation', 'conversations') },
    empty: { rooms: 'No rooms yet', conversations: 'No conversations yet' },
    emptyHint: {
      rooms: 'A room appears here as soon as you share one with somebody.',
      conversations: 'A conversation appears here as soon as somebody writes.',
    },
    error: { rooms: 'The rooms could not be loaded', conversations: 'The conversations could not be loaded' },
    mine: (text: string) => `You: ${text}`,
    silent: 'No messages yet',
    choose: { rooms: 'Choose a room', conversations: 'Choose a conversation' },
    chooseHint: 'Its messages appear here, with the buttons to call.',
    online: 'Online',
    offline: 'Offline',
  },

  chat: {
    back: 'Back to the list',
    region: (name: string) => `Messages with ${name}`,
    log: 'Messages',
    loading: 'Loading messages…',
    error: 'The messages could not be loaded',
    empty: 'No messages yet',
    emptyHint: (name: string) => `Write the first one, or call ${name}.`,
    unread: 'New',
    newer: 'Newer messages',
    typing: (name: string) => `${name} is typing…`,
    write: 'Message',
    placeholder: 'Write a message',
    send: 'Send',
    sending: 'Sending…',
    notSent: 'Not sent',
    sent: 'Sent',
    read: 'Read',
    you: 'You',
    failed: 'Messages did not get through.',
    unsent: 'The message was not sent.',
    tooLong: (n: number) => `Too long by ${count(n, 'character', 'characters')}. Send it in parts.`,
    offline: 'You can write again as soon as the server is back.',
  },

  slots: {
    loading: { sessions: 'Loading sessions…', appointments: 'Loading appointments…' },
    found: { sessions: (n: number) => count(n, 'session', 'sessions'), appointments: (n: number) => count(n, 'appointment', 'appointments') },
    empty: { sessions: 'No sessions and nobody to call yet', appointments: 'No appointments' },
    emptyHint: {
      sessions: 'Sessions you are invited to appear here.',
      appointments: 'Remote appointments appear here as soon as they are made.',
    },
    error: { sessions: 'The sessions could not be loaded', appointments: 'The appointments could not be loaded' },
    today: 'Today',
    tomorrow: 'Tomorrow',
    noneToday: 'Nothing more today',
    now: 'Running now',
    planned: 'Planned',
    earlier: 'Earlier',
    undated: 'Without a time',
    people: 'People',
    minutes: (n: number) => `${n} min`,
    phase: {
      unconfirmed: 'Not confirmed',
      upcoming: 'Confirmed',
      waiting: 'Room open',
      in_progress: 'In progress',
      ended: 'Ended',
      cancelled: 'Cancelled',
    },
    patientWaits: 'Patient is waiting',
    practitionerWaits: 'Your practitioner is waiting',
    someoneWaits: 'Waiting for you',
    admit: 'Admit',
    admitName: (name: string) => `Admit ${name}`,
    join: 'Join',
    joinName: (name: string) => `Join ${name}`,
    open: 'Open room',
    openName: (name: string) => `Open room for ${name}`,
    unconfirmedHint: 'Can be joined once it is confirmed',
    notHere: 'Cannot be joined from here',
    /** A backend's words for what kind of meeting it is. */
    labels: { physical: 'In person', remote: 'Remote' } as Record<string, string>,
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
    none: 'No such calls',
    noneHint: 'Try another name, or fewer filters.',
    filters: 'Which calls',
    account: 'Account',
    allAccounts: 'All accounts',
    missedOnly: 'Missed only',
    search: 'Search calls',
    searchPlaceholder: 'Name or subject',
    voice: 'Voice call',
    video: 'Video call',
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
      cancelled: 'Cancelled',
      interrupted: 'Interrupted',
      busy: 'Busy',
      elsewhere: 'Answered elsewhere',
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
    /** Where nobody rings: the other side is in the room. */
    room: {
      title: 'Somebody is waiting',
      patient: 'Patient is waiting',
      other: 'Waiting for you',
      waiting: (name: string) => `${name} is waiting for you`,
      admit: 'Admit',
      join: 'Join',
      later: 'Not now',
      endAndAccept: 'End call and join',
    },
    to: (account: string) => `For ${account}`,
    keys: 'Enter to accept, Escape to silence',
    over: 'Nobody is calling',
  },

  replies,

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
    connectingVoice: 'Setting up the sound',
    room: 'Waiting',
    roomHint: (name: string) => `Waiting for ${name} to join`,
    leave: 'Leave',
    voice: 'Voice call',
    video: 'Video call',
    expired: 'Your sign-in has expired. The call goes on; sign in again afterwards.',
    signalingLost: 'Server not reachable. Your call goes on.',
    duration: 'Call time',
    remoteMuted: (name: string) => `${name} is muted`,
    remoteCameraOff: (name: string) => `${name}’s camera is off`,
    remoteSharing: (name: string) => `${name} is sharing the screen`,
    noPicture: 'Waiting for the picture…',
    frozen: 'The picture stands still. Waiting for newer ones…',
    share: 'Share screen',
    unshare: 'Stop sharing',
    sharing: 'You are sharing your screen',
    stop: 'Stop',
    ownScreen: 'Your screen',
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
      sound: 'The sound arrives as it should',
    },
  },

  ended: {
    title: 'Call ended',
    callBack: 'Call back',
    callAgain: 'Call again',
    joinAgain: 'Join again',
    sessionOver: 'Session ended',
    lasted: (time: string) => `Lasted ${time}`,
    /** Where nobody rings, words about ringing make no sense. */
    room: (reason: EndReason, direction: Direction, name: string): string | null => {
      switch (reason.why) {
        case 'remote_cancelled':
          return `${name} waited for you and left.`;
        case 'cancelled':
          return `You left before ${name} came.`;
        case 'missed':
          return direction === 'incoming' ? `${name} waited for you.` : `${name} did not come.`;
        case 'declined':
          return `You did not let ${name} in.`;
        case 'remote_hung_up':
          return `${name} left.`;
        case 'hung_up':
          return 'You left.';
        case 'answered_elsewhere':
          return 'You joined on another device.';
        case 'remote_declined':
        case 'remote_busy':
        case 'remote_offline':
        case 'declined_elsewhere':
        case 'merged':
        case 'connection_lost':
        case 'connect_failed':
        case 'refused':
        case 'failed':
          return null;
      }
    },
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
    note: {
      no_camera_found: 'No camera was found: the other side sees no picture.',
      camera_off: 'No camera: the other side sees no picture.',
      test_picture: 'A test picture is sent instead of a camera.',
      film: 'A film is sent instead of a camera.',
      no_microphone_found: 'No microphone was found: the other side hears silence.',
      microphone_off: 'No microphone: the other side hears silence.',
      recording: 'A recording is sent instead of a microphone.',
      no_speaker_found: 'No sound card was found: you will hear nothing.',
      speaker_off: 'No sound card: you will hear nothing.',
      speaker_file: 'Sound is recorded to a file: you will hear nothing.',
    } satisfies Record<StartNote, string>,
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
