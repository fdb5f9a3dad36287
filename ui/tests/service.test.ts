// What a service could not or would not do, and being reached: pauses, odd rows, connections, quiet, long lists.

import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';

import { STATES } from '../src/host/fake';
import { practitioner } from '../src/host/fake/backends';
import { person, plain, seller } from '../src/host/fake/people';
import { view } from '../src/host/fake/state';
import { isExposed, isOf, pause } from '../src/model/service';
import { tomorrow, untilWhen } from '../src/model/do-not-disturb';
import { setWallClock, wallNow } from '../src/model/wallclock';
import { language } from '../src/text/text';
import { draw, lastOf } from './drawn';

const english = language('en-GB');
const by = (id: string) => screen.findByTestId(id);

describe('a service', () => {
  it.each([
    ['left-out', 'left-out', '3 entries couldn’t be read.'],
    ['dealer-chat-left-out', 'left-out', '1 entry couldn’t be read.'],
    ['list-stale', 'list-problem', 'The list couldn’t be refreshed: the service isn’t responding.'],
    ['link-denied', 'link-problem', 'The service refused the connection. Sign in again or contact its support.'],
  ])('%s is said', async (state, id, words) => {
    await draw(state);
    if (state === 'dealer-chat-left-out') await screen.findByTestId('chat');
    expect((await by(id)).textContent?.trim()).toBe(words);
  });

  it('says that a list is too large where the list would be', async () => {
    await draw('list-too-large');
    // The fake host answers with the list it has, which is none.
    expect(await screen.findByText('The list is too large for Bellwire to read.')).toBeTruthy();
  });

  it('says what a blocked network means, instead of only being offline', async () => {
    await draw('link-blocked');
    expect((await by('link-problem')).textContent).toContain('WebSocket');
    expect(screen.queryByText(english.text.home.offline)).toBeNull();
  });

  it('is paused until a time, and no longer', () => {
    const now = new Date(2026, 4, 10, 14, 20);
    const asked = seller({ paused_until: new Date(2026, 4, 10, 14, 32).toISOString() });
    expect(pause(asked, english, now)).toContain('14:32');
    expect(pause(asked, english, now)).toContain('Calls still work.');
    expect(pause(asked, english, new Date(2026, 4, 10, 14, 32))).toBe('');
    expect(pause(seller({ paused_until: 'soon' }), english, now)).toBe('');
  });

  it('has history that was not all understood', async () => {
    const { user } = await draw('left-out');
    await user.click(await by('history-tab'));
    await waitFor(() => expect(screen.getByTestId('left-out').textContent).toContain('2 entries'));
  });
});

describe('do not disturb', () => {
  const before = wallNow();
  afterEach(() => setWallClock(before));

  it('is chosen for a time from the bell, and pressed away', async () => {
    setWallClock(new Date(2026, 4, 10, 13, 32));
    const { host, user } = await draw('seller');

    await user.click(await by('dnd'));
    await user.click(await by('dnd-hour'));

    expect(lastOf(host, 'setSettings')?.[0]).toMatchObject({
      do_not_disturb: true,
      quiet_until: new Date(2026, 4, 10, 14, 32).toISOString(),
    });
    await user.click(await by('dnd'));
    await waitFor(() => expect(lastOf(host, 'setSettings')?.[0]).toMatchObject({ do_not_disturb: false, quiet_until: null }));
  });

  it('ends tomorrow morning by the calendar, and at night the same morning', () => {
    expect(tomorrow(new Date(2026, 2, 7, 22)).getTime()).toBe(new Date(2026, 2, 8, 7).getTime());
    expect(tomorrow(new Date(2026, 11, 31, 5)).getTime()).toBe(new Date(2027, 0, 1, 7).getTime());
    expect(tomorrow(new Date(2026, 2, 8, 0, 30)).getTime()).toBe(new Date(2026, 2, 8, 7).getTime());
  });

  it('says until when', async () => {
    const now = new Date(2026, 4, 10, 13, 32);
    expect(untilWhen(new Date(2026, 4, 10, 14, 32), english, now)).toBe('14:32');
    expect(untilWhen(new Date(2026, 4, 11, 7), english, now)).toBe('Mon 7:00');
    await draw('quiet-until');
    expect((await by('quiet')).textContent).toMatch(/Until .*\d:\d\d/);
  });
});

describe('starting at login', () => {
  it('is asked once, with yes at hand', async () => {
    const { host, user } = await draw('ask-login');
    const card = await by('ask-login');
    expect(document.activeElement).toBe(within(card).getByTestId('ask-login-yes'));

    await user.keyboard('{Enter}');

    expect(lastOf(host, 'setSettings')?.[0]).toMatchObject({ asked_login: true, start_at_login: true });
    await waitFor(() => expect(screen.queryByTestId('ask-login')).toBeNull());
  });

  it('takes no for an answer', async () => {
    const { host, user } = await draw('ask-login');
    await user.click(await by('ask-login-no'));
    expect(lastOf(host, 'setSettings')?.[0]).toMatchObject({ asked_login: true, start_at_login: false });
  });
});

describe('a long list', () => {
  const PEOPLE = Array.from({ length: 5000 }, (_, n) =>
    plain(person(`p${n}`, `Person ${n}`), { detail: `person${n}@example.com` }),
  );

  it('of 5,000 people is counted, drawn in part and searched as a whole', async () => {
    STATES['test-many'] = { view: view([seller({ contacts: PEOPLE })]) };
    const { user } = await draw('test-many');

    expect(await screen.findByText('5,000 customers')).toBeTruthy();
    expect(screen.getAllByTestId('contact-row')).toHaveLength(100);
    await user.click(await by('show-more'));
    await waitFor(() => expect(screen.getAllByTestId('contact-row')).toHaveLength(200));

    await fireEvent.input(screen.getByTestId('contact-search'), { target: { value: 'person499' } });
    expect(await screen.findByText('11 of 5,000')).toBeTruthy();
    expect(screen.getAllByTestId('contact-row')).toHaveLength(11);
  }, 120_000);

  it('of 1,200 past appointments does not hide those of today', async () => {
    const today = practitioner().contacts;
    const old = Array.from({ length: 1200 }, (_, n) => {
      const at = new Date(2020, 0, 1 + n, 9).toISOString();
      return { ...today[3]!, id: `old${n}`, slot: { ...today[3]!.slot!, starts_at: at } };
    });
    STATES['test-past'] = { view: view([practitioner({ contacts: [...old, ...today] })]) };
    await draw('test-past');

    const rows = await screen.findAllByTestId('slot-row');
    expect(rows[0]!.dataset['slot']).toBe('a1');
    expect(rows).toHaveLength(100 + today.length);
  });
});

describe('privacy', () => {
  it('fetches the picture of whoever rings from the own server only', () => {
    for (const [server, picture, fetched] of [
      ['calls.example.com', 'https://calls.example.com/a.png', true],
      ['https://CALLS.example.com:8443/', 'https://calls.example.com/a.png', true],
      ['calls.example.com', 'https://cdn.example.net/a.png', false],
      ['calls.example.com', 'https://calls.example.com.evil.example/a.png', false],
      ['calls.example.com', 'https://calls.example.com@evil.example/a.png', false],
      ['', 'https://evil.example/a.png', false],
      ['calls.example.com', 'data:image/png;base64,AAAA', true],
    ] as const) {
      expect(isOf(server, picture), picture).toBe(fetched);
    }
  });

  it('a ring with a picture from elsewhere shows initials', async () => {
    STATES['test-tracked'] = {
      ...STATES['ring']!,
      view: {
        ...STATES['ring']!.view,
        phone: {
          ...STATES['ring']!.view.phone,
          calls: STATES['ring']!.view.phone.calls.map((one) => ({
            ...one,
            peer: { ...one.peer, avatar: 'https://tracker.example/pixel.png' },
          })),
        },
      },
    };
    await draw('test-tracked');
    await by('ring-name');
    expect(document.querySelector('img[src*="tracker"]')).toBeNull();
    expect(document.querySelector('.avatar .letters')).not.toBeNull();
  });

  it.each(['ring', 'voice', 'ended-remote-hung-up', 'mini-voice'])(
    '%s shows photos of the own server, though it be unencrypted, and those of the list',
    async (state) => {
      const { host } = await draw(state);
      const become = (avatar: string, listed: string | null) =>
        host.push((view) => ({
          accounts: view.accounts.map((one) => ({
            ...one,
            server: 'shop.example',
            contacts: view.phone.calls.map((call) => plain({ ...call.peer, avatar: listed })),
          })),
          phone: { ...view.phone, calls: view.phone.calls.map((call) => ({ ...call, peer: { ...call.peer, avatar } })) },
          chats: [],
        }));
      const drawn = () =>
        [...document.querySelectorAll('.ring, .call, .mini, main[aria-labelledby="ended-title"]')]
          .flatMap((one) => [...one.querySelectorAll('img')])
          .map((one) => one.src);

      become('http://shop.example:8000/ada.png', null);
      await waitFor(() => expect(drawn()).toContain('http://shop.example:8000/ada.png'));
      become('https://pictures.example/ada.png', null);
      await waitFor(() => expect(drawn()).toEqual([]));
      become('https://pictures.example/ada.png', 'https://pictures.example/ada.png');
      await waitFor(() => expect(drawn()).toContain('https://pictures.example/ada.png'));
      become('http://pictures.example/ada.png', 'http://pictures.example/ada.png');
      await waitFor(() => expect(drawn()).toEqual([]));
    },
  );

  it('warns before a password goes over an open network', async () => {
    for (const open of ['http://calls.example.com', ' HTTP://203.0.113.7:8000/x', 'http://172.32.0.1'])
      expect(isExposed(open), open).toBe(true);
    for (const fine of [
      '',
      'calls.example.com',
      'https://calls.example.com',
      'http://127.0.0.1:8000',
      'http://localhost',
      'http://192.168.1.2',
      'http://10.0.0.1',
      'http://172.16.0.1',
      'http://[::1]:3000',
      'http://',
    ])
      expect(isExposed(fine), fine).toBe(false);
    const { user } = await draw('signin');
    const field = await by('signin-server');
    await user.type(field, 'https://calls.example.com');
    expect(screen.queryByTestId('signin-exposed')).toBeNull();
    await user.clear(field);
    await user.type(field, 'http://calls.example.com');
    expect((await by('signin-exposed')).textContent).toContain('isn’t encrypted');
  });
});
