// What an account's service could not do just now, in words. Pure.

import type { AccountView } from '../generated/bindings';
import type { Language } from '../text/text';
import { timeOf } from './format';
import { wallNow } from './wallclock';

/** Words for a code that may be newer than this program; empty for `null`. */
function said(code: string | null, words: Record<string, string>, otherwise: string): string {
  if (code === null) return '';
  return Object.hasOwn(words, code) ? (words[code] ?? otherwise) : otherwise;
}

export function listProblem(account: AccountView, { text }: Language): string {
  return said(account.list_error, text.service.list, text.service.listFailed);
}

export function linkProblem(account: AccountView, { text }: Language): string {
  return said(account.link_problem, text.service.link, text.service.linkFailed);
}

/** Empty where no pause was asked for, or it is over. */
export function pause(account: AccountView, language: Language, now: Date = wallNow()): string {
  const until = new Date(account.paused_until ?? '');
  if (Number.isNaN(until.getTime()) || until <= now) return '';
  return language.text.service.pause(language.isolate(timeOf(until, language)));
}
