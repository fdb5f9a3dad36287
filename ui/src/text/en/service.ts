// What a service could not or would not do just now. English.

import type { LinkProblem } from '../../generated/bindings';
import { count } from './count';

export const service = {
  leftOut: (n: number) => count(n, { one: '# entry couldn’t be read.', other: '# entries couldn’t be read.' }),
  pause: (time: string) => `The service is limiting requests until ${time}. Calls still work.`,
  list: {
    not_understood: 'The list couldn’t be read: the service sent an unexpected response.',
    too_large: 'The list is too large for Bellwire to read.',
    paused: 'The list wasn’t refreshed: the service is limiting requests.',
    unreachable: 'The list couldn’t be refreshed: the service isn’t responding.',
    refused: 'The service refused to send the list.',
  } as Record<'not_understood' | 'too_large' | 'paused' | 'unreachable' | 'refused', string>,
  listFailed: 'The list couldn’t be refreshed.',
  link: {
    websocket_blocked:
      'This network blocks the connection Bellwire needs (WebSocket), so calls can’t reach you. Ask the network’s administrator or try another network.',
    access_denied: 'The service refused the connection. Sign in again or contact its support.',
    unreachable: 'The service responds, but the connection for calls fails. Calls can’t reach you right now.',
  } satisfies Record<LinkProblem, string> as Record<LinkProblem, string>,
  linkFailed: 'The connection for calls fails. Calls can’t reach you right now.',
  login: {
    title: 'Start Bellwire when you log in?',
    hint: 'Then calls reach you here even after you restart this computer.',
    yes: 'Yes, start at login',
    no: 'No',
  },
};
