// What a service could not or would not do just now. English.

import type { LinkProblem, ListError } from '../../generated/bindings';
import { count } from './count';

export const service = {
  leftOut: (n: number) => count(n, { one: '# entry could not be read.', other: '# entries could not be read.' }),
  pause: (time: string) => `The service asks for a pause until ${time}. Calls still work.`,
  list: {
    not_understood: 'The list could not be read: the service answered something unexpected.',
    too_large: 'The list is larger than this program can read.',
    paused: 'The list was not refreshed: the service asks for a pause.',
    unreachable: 'The list could not be refreshed: the service does not answer.',
    refused: 'The service refused to give the list.',
  } satisfies Record<ListError, string> as Record<ListError, string>,
  listFailed: 'The list could not be refreshed.',
  link: {
    websocket_blocked: 'This network blocks the connection Bellwire needs (WebSocket). Calls cannot reach you here. Ask whoever runs the network, or try another one.',
    access_denied: 'The service refused the connection. Sign in again, or ask its operator.',
    unreachable: 'The service answers, but the connection for calls cannot be made. Calls cannot reach you now.',
  } satisfies Record<LinkProblem, string> as Record<LinkProblem, string>,
  linkFailed: 'The connection for calls cannot be made. Calls cannot reach you now.',
  login: {
    title: 'Ring me here after a restart too?',
    hint: 'Bellwire then starts when you log in to this computer, so that calls reach you.',
    yes: 'Yes, start at login',
    no: 'No',
  },
};
