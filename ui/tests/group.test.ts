// Calls of several people: stage, keys, panel, ring, mini window.

import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import type { CallView, MemberView } from '../src/generated/bindings';
import type { FakeHost } from '../src/host/fake';
import { draw, lastOf } from './drawn';

const key = (name: string, on: Element = document.body) => fireEvent.keyDown(on, { key: name });
const theirs = (host: FakeHost, change: (call: CallView) => Partial<CallView>) =>
  host.push((view) => ({
    ...view,
    phone: { ...view.phone, calls: view.phone.calls.map((one) => ({ ...one, ...change(one) })) },
  }));
const member = (host: FakeHost, id: number, over: Partial<MemberView>) =>
  theirs(host, (call) => ({ members: call.members.map((one) => (one.id === id ? { ...one, ...over } : one)) }));
const names = () => screen.getAllByTestId('tile').map((tile) => tile.dataset['name']);
const pin = (name: string) => {
  const tile = screen.getAllByTestId('tile').find((one) => one.dataset['name'] === name)!;
  return within(tile).getByTestId('tile-pin');
};
const onStage = () => document.querySelector<HTMLElement>('[data-main="true"] [data-testid="tile"]')?.dataset['name'] ?? null;

describe('a call of several', () => {
  it('has a tile for everybody, ourselves included, and says who is in it', async () => {
    await draw('group-three');

    expect(names()).toEqual(['Amira Haddad', 'Omar Farouk']);
    expect(screen.getByTestId('tile-self').getAttribute('aria-label')).toBe('You');
    expect(screen.queryByTestId('self-view')).toBeNull();
    expect(screen.getByRole('heading', { name: 'Amira Haddad and Omar Farouk' })).toBeTruthy();
    expect(screen.getByTestId('call-end').textContent?.trim()).toBe('Leave');
    expect(screen.queryByTestId('remote-muted')).toBeNull();
  });

  it('a call of two has none of it', async () => {
    await draw('connected');
    expect(screen.queryByTestId('stage')).toBeNull();
    expect(screen.queryByTestId('call-people')).toBeNull();
    expect(screen.getByTestId('self-view')).toBeTruthy();
    await key('g');
    await key('l');
    expect(screen.queryByTestId('people-panel')).toBeNull();
  });

  it('says in words what each sends and how it is connected', async () => {
    await draw('group-troubles');

    expect(
      screen
        .getAllByTestId('tile-pin')
        .map((one) => one.getAttribute('aria-label'))
        .map((one) => one?.replace(/[\u2068\u2069]/g, '')),
    ).toEqual([
      'Pin Amira Haddad, Reconnecting…',
      'Pin Omar Farouk, Ringing…',
      'Pin ليلى حداد, Connecting…',
      'Pin Daniel Osei, Couldn’t connect',
      'Pin Maximiliane Freifrau von Hohenstein-Wartenburg zu Sonnenfels, No microphone, No camera',
      'Pin Jonas Weber, Muted',
      'Pin Wen',
    ]);
    expect(screen.getByTestId('tile-self').getAttribute('aria-label')).toBe('You, Muted, Camera off');
    // Two bad readings in a row.
    await waitFor(() => expect(pin('Wen').getAttribute('aria-label')).toBe('Pin Wen, Bad connection'));
  });

  it('goes from grid to speaker by key and by button', async () => {
    const { user } = await draw('group-five');
    const stage = screen.getByTestId('stage');
    expect(stage.dataset['view']).toBe('grid');

    await waitFor(() => expect(pin('Daniel Osei').className).toContain('speaks'));
    await key('g');
    expect(stage.dataset['view']).toBe('speaker');
    await waitFor(() => expect(onStage()).toBe('Daniel Osei'));
    expect(screen.getByTestId('self-view')).toBeTruthy();
    expect(screen.queryByTestId('tile-self')).toBeNull();
    await user.click(screen.getByTestId('call-view-toggle'));
    expect(stage.dataset['view']).toBe('grid');
  });

  it('pins whom one presses, and lets go of whoever leaves', async () => {
    const { host, user } = await draw('group-five');

    await user.click(pin('Omar Farouk'));
    expect(onStage()).toBe('Omar Farouk');
    expect(pin('Omar Farouk').getAttribute('aria-pressed')).toBe('true');
    expect(pin('Amira Haddad').getAttribute('aria-pressed')).toBe('false');
    theirs(host, (call) => ({ members: call.members.filter(({ id }) => id !== 2) }));
    await waitFor(() => expect(screen.getByTestId('stage').dataset['view']).toBe('grid'));
  });

  it('is one stop for Tab, and Enter pins', async () => {
    const { user } = await draw('group-five');
    const stops = screen.getAllByTestId('tile-pin').map((one) => one.tabIndex);
    expect(stops).toEqual([0, -1, -1, -1]);

    pin('Amira Haddad').focus();
    await key('End', pin('Amira Haddad'));
    await waitFor(() => expect(document.activeElement).toBe(pin('Daniel Osei')));
    expect(pin('Daniel Osei').tabIndex).toBe(0);
    expect(pin('Amira Haddad').tabIndex).toBe(-1);
    await user.keyboard('{Enter}');
    expect(onStage()).toBe('Daniel Osei');
  });

  it('gives the stage to whoever shares, with ourselves beside it, until it is put back', async () => {
    const { host } = await draw('group-five');
    member(host, 3, { sharing: true });

    await waitFor(() => expect(onStage()).toBe('ليلى حداد'));
    expect(screen.getByTestId('remote-sharing').textContent).toContain('is sharing their screen');
    expect(screen.getByTestId('tile-self')).toBeTruthy();
    await waitFor(() => expect(screen.getByTestId('remote-news').textContent).toContain('is sharing their screen'));
    await key('g');
    expect(onStage()).toBeNull();
    member(host, 3, { sharing: false });
    await waitFor(() => expect(screen.queryByTestId('remote-sharing')).toBeNull());
    member(host, 3, { sharing: true });
    await waitFor(() => expect(onStage()).toBe('ليلى حداد'));
  });

  it('announces who comes and goes in one sentence', async () => {
    const { host } = await draw('group-troubles');
    const news = screen.getByTestId('remote-news');
    await new Promise((done) => setTimeout(done, 400));
    theirs(host, (call) => ({
      members: call.members.filter(({ id }) => id !== 7).map((one) => (one.id === 2 ? { ...one, state: 'connected' } : one)),
    }));
    await waitFor(() => expect(news.textContent).toBe('Omar Farouk joined. Wen left.'));
    expect(screen.getAllByTestId('remote-news')).toHaveLength(1);
  });

  it('where one person is left is a call of two again', async () => {
    const { host } = await draw('group-three');
    theirs(host, (call) => ({ members: call.members.slice(0, 1) }));
    await waitFor(() => expect(screen.queryByTestId('stage')).toBeNull());
    expect(screen.getByTestId('self-view')).toBeTruthy();
    expect(screen.getByRole('heading', { name: /Amira Haddad/ })).toBeTruthy();
    theirs(host, () => ({ members: [], remote_has_microphone: false, remote_has_camera: false, remote_video: false }));
    expect(await screen.findByText('No one else is in the call')).toBeTruthy();
    expect(screen.queryByTestId('remote-no-microphone')).toBeNull();
    expect(screen.queryByTestId('remote-camera-off')).toBeNull();
  });

  it('names whoever is left, also where that is not whom we called', async () => {
    const { host } = await draw('group-three');
    theirs(host, (call) => ({ members: call.members.slice(1) }));
    expect(await screen.findByRole('heading', { name: /Omar Farouk/ })).toBeTruthy();
  });
});

describe('a raised hand', () => {
  const marked = (name: string) => pin(name).getAttribute('aria-label')?.includes('Hand raised');

  it('is shown on tile and in the panel, and told once', async () => {
    const { user } = await draw('group-hands');
    await waitFor(() => expect(marked('Daniel Osei')).toBe(true));
    expect(marked('Amira Haddad')).toBe(false);
    const names = 'Daniel Osei and Ines Carvalho';
    const plain = (element: HTMLElement) => element.textContent?.trim().replace(/[\u2068\u2069]/g, '');
    expect(plain(screen.getByTestId('hands-up'))).toBe(`Hand raised: ${names}`);
    await waitFor(() => expect(plain(screen.getByTestId('remote-news'))).toBe(`${names} raised a hand.`));
    await user.click(screen.getByTestId('call-people'));
    expect(screen.getAllByTestId('person-hand')).toHaveLength(2);
  });

  it('of ours goes up and down by button and by key, and is seen on our tile', async () => {
    const { host, user } = await draw('group-three');
    const hand = screen.getByTestId('call-hand');
    expect(hand.getAttribute('aria-pressed')).toBe('false');
    await user.click(hand);
    expect(lastOf(host, 'raiseHand')).toEqual([7, true]);
    expect(hand.getAttribute('aria-pressed')).toBe('true');
    expect(screen.getByTestId('tile-self').getAttribute('aria-label')).toBe('You, Hand raised');
    await key('h');
    expect(lastOf(host, 'raiseHand')).toEqual([7, false]);
    expect(screen.getByTestId('tile-self').getAttribute('aria-label')).toBe('You');
    expect(lastOf(host, 'hangUp')).toBeUndefined();
  });

  it('of ours goes down when one person is left', async () => {
    const { host } = await draw('group-three');
    await key('h');
    theirs(host, (call) => ({ members: call.members.slice(0, 1) }));
    await waitFor(() => expect(lastOf(host, 'raiseHand')).toEqual([7, false]));
    expect(screen.queryByTestId('call-hand')).toBeNull();
  });

  it('is not offered in a call of two', async () => {
    const { host } = await draw('connected');
    expect(screen.queryByTestId('call-hand')).toBeNull();
    await key('h');
    expect(lastOf(host, 'raiseHand')).toBeUndefined();
  });
});

describe('the panel of people', () => {
  it('says how each is there, those who are rung last', async () => {
    const { user } = await draw('group-troubles');
    await user.click(screen.getByTestId('call-people'));

    const rows = screen.getAllByTestId('person').map((row) => row.dataset['state']);
    expect(rows).toEqual(['self', 'reconnecting', 'connecting', 'failed', 'connected', 'connected', 'connected', 'invited']);
    expect(screen.getByTestId('people-count').textContent).toBe('7 people in the call');
    // It and the figures are in one place.
    await user.click(screen.getByTestId('call-details'));
    expect(screen.queryByTestId('people-panel')).toBeNull();
    await key('l');
    expect(await screen.findByTestId('people-panel')).toBeTruthy();
    await key('Escape');
    expect(screen.queryByTestId('people-panel')).toBeNull();
  });

  it('ends the call for everyone after a question, for whoever placed it', async () => {
    const { host, user } = await draw('group-three');
    await user.click(screen.getByTestId('call-people'));
    await user.click(screen.getByTestId('end-for-all'));
    expect(document.activeElement).toBe(screen.getByTestId('end-for-all-no'));
    await user.click(screen.getByTestId('end-for-all-no'));
    expect(lastOf(host, 'endForAll')).toBeUndefined();
    await user.click(screen.getByTestId('end-for-all'));
    await user.click(screen.getByTestId('end-for-all-yes'));
    expect(lastOf(host, 'endForAll')).toEqual([7]);
    expect(lastOf(host, 'hangUp')).toBeUndefined();
  });

  it('has a code to compare with each of them, and says whose figures the others are', async () => {
    const { user } = await draw('group-three');
    await user.click(screen.getByTestId('call-details'));
    const codes = await waitFor(() => {
      const found = screen.getAllByTestId('member-code').map((one) => one.textContent);
      expect(found.length).toBe(2);
      return found;
    });
    expect(new Set(codes).size).toBe(2);
    expect(screen.queryByTestId('security-code')).toBeNull();
    const rows = screen.getAllByTestId('member-quality').map((one) => one.textContent);
    expect(rows[0]).toContain('Amira Haddad');
    expect(rows[1]).toContain('Omar Farouk');
    expect(screen.getByTestId('worst-of')).toBeTruthy();
  });

  it('asks more people to join, as many as there are seats for and nobody who is there', async () => {
    const { host, user } = await draw('group-five');
    await user.click(screen.getByTestId('call-people'));
    await user.click(screen.getByTestId('people-add'));
    expect(document.activeElement).toBe(screen.getByTestId('add-search'));
    const rows = () => screen.getAllByTestId('select-row').map((row) => row.dataset['person']);
    const start = await host.snapshot();
    const there = start.phone.calls[0]!.members.map(({ person }) => person.id);
    expect(rows().some((id) => there.includes(id!))).toBe(false);
    expect(screen.getByTestId('add-yes').hasAttribute('disabled')).toBe(true);

    const boxes = screen.getAllByTestId('select-box');
    for (const box of boxes.slice(0, 4)) await user.click(box);
    expect(screen.getByTestId('add-count').textContent).toBe('3 selected');
    expect(screen.getByTestId('add-limit').className).toContain('refused');
    // One of them comes by themselves meanwhile, and the sheet closes once the others are asked.
    const [first, ...others] = rows();
    const came = start.accounts[0]!.contacts.find(({ person }) => person.id === first)!.person;
    theirs(host, (call) => ({ members: [...call.members, { ...call.members[0]!, id: 9, person: came }] }));
    await waitFor(() => expect(screen.getByTestId('add-count').textContent).toBe('2 selected'));
    await user.click(screen.getByTestId('add-yes'));
    const [call, people] = lastOf(host, 'addPeople') as [number, { id: string }[]];
    expect([call, people.map(({ id }) => id)]).toEqual([7, others.slice(0, 2)]);
    await waitFor(() => expect(screen.queryByTestId('add-people')).toBeNull());
    expect(screen.getAllByTestId('person').filter((row) => row.dataset['state'] === 'invited').length).toBe(2);
    expect(screen.queryByTestId('people-add')).toBeNull();
  });

  it('offers that to nobody else', async () => {
    const { host, user } = await draw('group-three');
    theirs(host, () => ({ direction: 'incoming' }));
    await user.click(screen.getByTestId('call-people'));
    expect(screen.queryByTestId('end-for-all')).toBeNull();
  });
});

it('a ring of several says who is there and who else is invited', async () => {
  await draw('ring-group');
  expect(screen.getByTestId('ring-kind').textContent).toBe('Incoming group video call');
  expect(screen.getAllByTestId('ring-people').map((one) => one.textContent?.replace(/[\u2068\u2069]/g, ''))).toEqual([
    'Already in the call: Omar Farouk',
    'Also invited: ليلى حداد and 2 others',
  ]);
});

it('a call of several that is over calls everybody again', async () => {
  const { host, user } = await draw('group-ended');
  expect(screen.getByTestId('ended-people').textContent?.replace(/[\u2068\u2069]/g, '')).toMatch(/ and 3 others$/);
  expect(screen.getByTestId('ended-reason').textContent).toBe('You hung up.');
  await user.click(screen.getByTestId('ended-call-back'));
  const [, people] = lastOf(host, 'callPeople') as [number, { id: string }[]];
  expect(people.length).toBe(4);
});

it('a ring of one says nothing of others', async () => {
  await draw('ring');
  expect(screen.queryByTestId('ring-people')).toBeNull();
});

it('the mini window shows whoever speaks', async () => {
  const { host } = await draw('mini-group');
  expect(await screen.findByRole('heading', { name: 'Omar Farouk' })).toBeTruthy();
  expect(screen.getByTestId('mini-people').textContent).toContain('5');
  member(host, 4, { sharing: true });
  expect(await screen.findByRole('heading', { name: 'Daniel Osei' })).toBeTruthy();
});

describe('choosing several people', () => {
  const boxes = () => screen.getAllByTestId<HTMLInputElement>('select-box');

  it('calls them together', async () => {
    const { host, user } = await draw('therapist');
    await user.click(screen.getByTestId('select-start'));
    expect(document.activeElement).toBe(boxes()[0]);
    expect(screen.getByTestId<HTMLButtonElement>('select-video').disabled).toBe(true);

    await user.click(boxes()[0]!);
    await user.keyboard('{ArrowDown}{ArrowDown} ');
    expect(
      boxes()
        .map((one) => one.checked)
        .slice(0, 3),
    ).toEqual([true, false, true]);
    expect(screen.getByTestId('select-count').textContent).toBe('2 selected');
    await user.click(screen.getByTestId('select-video'));
    const [account, people, kind] = lastOf(host, 'callPeople') as [number, { name: string }[], string];
    expect([account, people.map(({ name }) => name), kind]).toEqual([4, ['Omar Farouk', 'Daniel Osei'], 'video']);
    expect(await screen.findByTestId('stage')).toBeTruthy();
    expect(screen.getByTestId('call-state').textContent).toBe('Ringing…');
  });

  it('begins with Ctrl and a click, goes on with Shift, ends with Escape', async () => {
    const { host } = await draw('therapist');
    const row = screen.getAllByTestId('contact-row')[1]!;
    await fireEvent.click(within(row).getByTestId('contact-call'), { ctrlKey: true });
    expect(lastOf(host, 'dial')).toBeUndefined();
    expect(
      boxes()
        .map((one) => one.checked)
        .slice(0, 4),
    ).toEqual([false, true, false, false]);
    await fireEvent.click(boxes()[3]!, { shiftKey: true });
    expect(
      boxes()
        .map((one) => one.checked)
        .slice(0, 5),
    ).toEqual([false, true, true, true, false]);
    await key('Escape', boxes()[3]!);
    expect(screen.queryByTestId('select-bar')).toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('select-start')));
  });

  it('stops at as many as a call has seats for, and says so', async () => {
    const { host, user } = await draw('therapist');
    host.push((view) => ({
      ...view,
      accounts: view.accounts.map((one) => ({ ...one, capabilities: { ...one.capabilities, seats: 3 } })),
    }));
    await user.click(screen.getByTestId('select-start'));
    expect(screen.getByTestId('select-limit').textContent).toBe('You can call up to 2 people at once.');
    for (const at of [0, 1, 2]) await user.click(boxes()[at]!);
    expect(
      boxes()
        .map((one) => one.checked)
        .slice(0, 3),
    ).toEqual([true, true, false]);
    expect(screen.getByTestId('select-limit').className).toContain('refused');
    await user.click(boxes()[0]!);
    expect(screen.getByTestId('select-limit').className).not.toContain('refused');
  });

  it('is not offered where calls have two seats', async () => {
    await draw('seller');
    expect(screen.queryByTestId('select-start')).toBeNull();
    const row = screen.getAllByTestId('contact-row')[0]!;
    await fireEvent.click(within(row).getByTestId('contact-who'), { ctrlKey: true });
    expect(screen.queryByTestId('select-bar')).toBeNull();
  });
});
