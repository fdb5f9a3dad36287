// Where the window gets people's photos from: the program fetches them, by the account's proxy and
// certificates. Outside of it (tests, pictures of the views) the browser does.

import { convertFileSrc, isTauri } from '@tauri-apps/api/core';

/** What an `img` shows for a photo's address; `null` for what is no address of a photo. */
export function photoSource(address: string): string | null {
  if (/^data:image\//i.test(address)) return address;
  if (!/^https?:\/\//i.test(address)) return null;
  return isTauri() ? convertFileSrc(address, 'photo') : address;
}
