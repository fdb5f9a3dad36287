// What can be sent instead of answering, and to whom. Pure.

import type { AccountView, CallView, Settings } from '../generated/bindings';
import type { Language } from '../text/text';

/** Characters of a reply; every backend takes as many in a message. */
export const LONGEST_REPLY = 500;
/** Replies shown at once. */
export const MOST_REPLIES = 8;

/** Whether a message can go to whoever calls: somebody of the list, with a thread of messages. */
export function canReply(account: AccountView | null, call: CallView): boolean {
  if (account === null || !account.capabilities.chat || account.link !== 'online') return false;
  return account.contacts.some((one) => one.thread !== null && one.person.id === call.peer.id);
}

/** The user's own replies, or ours where there are none. */
export function repliesOf(settings: Settings | null, language: Language): string[] {
  const own = (settings?.replies ?? []).map((one) => one.trim()).filter((one) => one !== '');
  const all = own.length > 0 ? own : language.text.replies.usual;
  return [...new Set(all)].slice(0, MOST_REPLIES);
}
