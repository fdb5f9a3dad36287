import { screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { LEILA } from '../src/host/fake/people';
import { TARIQ } from '../src/host/fake/backends';
import { chat, MESSAGES } from '../src/host/fake/chats';
import { draw, lastOf } from './drawn';

const rows = () => screen.findAllByTestId('room-row');
const choose = async (index: number) => {
  const user = userEvent.setup();
  await user.click(within((await rows())[index]!).getByRole('button'));
  return user;
};

describe('rooms', () => {
  it('show the last words, who is there and how much is unread', async () => {
    await draw('dealer');
    const [tariq, , long] = await rows();

    expect(tariq!.textContent).toContain('Tariq Aziz');
    expect(tariq!.textContent).toContain('Listing 4471');
    expect(tariq!.textContent).toContain('online');
    expect(tariq!.textContent).toContain('2 unread messages');
    expect(long!.textContent).toContain('You: Thanks, see you on Thursday');
    expect(within(screen.getByTestId('people-tab')).getByTestId('badge').textContent).toContain('16 unread messages');
  });

  it('call by voice and by video about their room', async () => {
    const { host } = await draw('dealer');
    const user = await choose(0);

    await user.click(await screen.findByRole('button', { name: 'Voice call Tariq Aziz' }));
    expect(lastOf(host, 'dial')).toEqual([2, TARIQ, 'voice', { id: 'room-tariq', label: 'Listing 4471' }]);
    await user.click(screen.getByTestId('call-end'));
    await user.click(await screen.findByTestId('ended-close'));
    await user.click(await screen.findByRole('button', { name: 'Video call Tariq Aziz' }));
    expect(lastOf(host, 'dial')?.[2]).toBe('video');
  });

  it('are opened, read and closed again', async () => {
    const { host } = await draw('dealer');
    const user = await choose(0);

    expect(await screen.findAllByTestId('message')).toHaveLength(MESSAGES['room-tariq']!.length);
    expect(lastOf(host, 'openThread')).toEqual([2, 'room-tariq']);
    await waitFor(() => expect(screen.getAllByTestId('room-row')[0]!.textContent).not.toContain('unread'));
    await user.click(within((await rows())[1]!).getByRole('button'));
    await waitFor(() => expect(lastOf(host, 'closeThread')).toEqual([2, 'room-tariq']));
    expect(lastOf(host, 'openThread')).toEqual([2, 'room-leila']);
    expect(screen.getByTestId('chat').textContent).toContain(LEILA.name);
  });

  it('are not read while a call covers them', async () => {
    const { host } = await draw('dealer');
    const user = await choose(0);
    await screen.findAllByTestId('message');

    await user.click(screen.getByRole('button', { name: 'Video call Tariq Aziz' }));
    await waitFor(() => expect(lastOf(host, 'closeThread')).toEqual([2, 'room-tariq']));
    const opened = () => host.said.filter(([name]) => name === 'openThread').length;
    const before = opened();
    await user.click(screen.getByTestId('call-end'));
    await user.click(await screen.findByTestId('ended-close'));

    await waitFor(() => expect(opened()).toBe(before + 1));
  });

  it('say so when there are none', async () => {
    await draw('dealer-empty');
    expect(await screen.findByText('No rooms yet')).toBeTruthy();
  });

  it('offer another try when they cannot be loaded', async () => {
    const { host, user } = await draw('dealer-error');
    await screen.findByText('The server took too long to answer.');
    const asked = () => host.said.filter(([name]) => name === 'refreshContacts').length;
    const before = asked();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(asked()).toBe(before + 1);
  });

  it('keep the open thread while a search hides its line', async () => {
    await draw('provider');
    const user = await choose(0);
    await screen.findAllByTestId('message');

    await user.type(screen.getByTestId('room-search'), 'Daniel');

    await waitFor(() => expect(screen.getAllByTestId('room-row')).toHaveLength(1));
    expect(screen.getByTestId('chat').textContent).toContain('Carla Mendes');
  });

  it('cannot call while offline', async () => {
    await draw('dealer-offline');
    await choose(0);

    for (const id of ['contact-voice', 'contact-call']) expect(screen.getByTestId<HTMLButtonElement>(id).disabled).toBe(true);
  });
});

describe('a chat', () => {
  it('tells own messages from others, marks where the new ones begin and what was read', async () => {
    await draw('dealer-chat');

    const bubbles = await screen.findAllByTestId('message');
    expect(bubbles.map((bubble) => bubble.dataset['mine'])).toEqual(MESSAGES['room-tariq']!.map((one) => String(one.from_me)));
    const line = screen.getByTestId('chat-unread');
    expect(line.nextElementSibling).toBe(bubbles[5]);
    expect(screen.getAllByTestId('message-state').map((one) => one.textContent)).toEqual(['Read']);
    expect(bubbles[4]!.contains(screen.getByTestId('message-state'))).toBe(true);
  });

  it('marks the new ones by their number where opening has made them read', async () => {
    const { host } = await draw('provider');
    // The engine says they are read by the time they come.
    host.push((old) => ({
      ...old,
      chats: [chat(3, 'c-carla', { messages: MESSAGES['c-carla']!.map((one) => ({ ...one, read: true })) })],
    }));
    await choose(0);

    const bubbles = await screen.findAllByTestId('message');
    expect(screen.getByTestId('chat-unread').nextElementSibling).toBe(bubbles.at(-1));
  });

  it('sends by Enter, breaks the line with Shift, and shows what is on its way', async () => {
    const { host } = await draw('dealer');
    const user = await choose(0);
    await screen.findAllByTestId('message');

    await user.type(screen.getByTestId('composer'), 'One{Shift>}{Enter}{/Shift}two  {Enter}');

    expect(lastOf(host, 'sendMessage')).toEqual([2, 'room-tariq', 'One\ntwo']);
    expect(screen.getByTestId<HTMLTextAreaElement>('composer').value).toBe('');
    expect((await screen.findByTestId('message-sending')).textContent).toBe('Sending…');
    expect(screen.queryByTestId('chat-unread')).toBeNull();
  });

  it('does not send nothing', async () => {
    const { host } = await draw('dealer');
    const user = await choose(0);
    await screen.findAllByTestId('message');

    await user.type(screen.getByTestId('composer'), '   {Enter}');

    expect(lastOf(host, 'sendMessage')).toBeUndefined();
    expect(screen.getByTestId<HTMLButtonElement>('composer-send').disabled).toBe(true);
  });

  it('cuts nothing off a message that is too long, and says by how much', async () => {
    const { host } = await draw('dealer');
    const user = await choose(0);
    await screen.findAllByTestId('message');
    const composer = screen.getByTestId<HTMLTextAreaElement>('composer');

    await user.click(composer);
    await user.paste('x'.repeat(4003));
    await user.keyboard('{Enter}');

    expect(composer.value).toHaveLength(4003);
    expect(screen.getByTestId('composer-over').textContent).toContain('Too long by 3 characters');
    expect(lastOf(host, 'sendMessage')).toBeUndefined();
  });

  it('keeps the words of a message that was not sent', async () => {
    await draw('dealer-chat-unsent');
    const user = await choose(0);
    await screen.findAllByTestId('message');

    await user.type(screen.getByTestId('composer'), 'On my way{Enter}');

    expect((await screen.findByTestId('composer-error')).textContent).toContain('No connection to the server.');
    expect(screen.getByTestId<HTMLTextAreaElement>('composer').value).toBe('On my way');
  });

  it('says while somebody types, and is silent about it after sending', async () => {
    const { host } = await draw('dealer');
    const user = await choose(0);
    await screen.findAllByTestId('message');

    await user.type(screen.getByTestId('composer'), 'Hello');
    expect(host.said.filter(([name]) => name === 'typing')).toEqual([['typing', 2, 'room-tariq', true]]);
    await user.keyboard('{Enter}');
    expect(lastOf(host, 'typing')).toEqual([2, 'room-tariq', false]);
  });

  it('keeps what is being written in each room', async () => {
    await draw('dealer');
    const user = await choose(0);
    await user.type(await screen.findByTestId('composer'), 'For later');

    await user.click(within((await rows())[1]!).getByRole('button'));
    await waitFor(() => expect(screen.getByTestId<HTMLTextAreaElement>('composer').value).toBe(''));
    await user.click(within((await rows())[0]!).getByRole('button'));

    await waitFor(() => expect(screen.getByTestId<HTMLTextAreaElement>('composer').value).toBe('For later'));
  });

  it.each([
    ['dealer-chat-typing', 'chat-typing', 'Tariq Aziz is typing…'],
    ['dealer-chat-failed', 'chat-failed', 'The server did not take the message.'],
    ['dealer-chat-failed', 'message-lost', 'Not sent'],
    ['dealer-chat-sending', 'message-sending', 'Sending…'],
  ])('in state %s says so', async (state, id, words) => {
    await draw(state);
    expect((await screen.findByTestId(id)).textContent).toContain(words);
  });

  it('has its calls as events, in the reader’s words', async () => {
    await draw('provider-chat');
    const calls = await screen.findAllByTestId('message-call');
    expect(
      calls.map((one) => [one.dataset['outcome'], one.querySelector('span')?.textContent?.replace(/[\u2066-\u2069]/g, '')]),
    ).toEqual([
      ['missed', 'Missed voice call'],
      ['placed', 'Video call · 12:34'],
    ]);
    for (const bubble of screen.getAllByTestId('message')) expect(bubble.textContent).not.toContain('call, 12:34');
  });

  it('offers another try when the messages do not come', async () => {
    const { host, user } = await draw('dealer-chat-error');
    const opened = () => host.said.filter(([name]) => name === 'openThread').length;
    await screen.findByText('The messages couldn’t be loaded');
    const before = opened();

    await user.click(screen.getByRole('button', { name: 'Try again' }));

    expect(opened()).toBe(before + 1);
    expect(screen.getByText('The server took too long to answer.')).toBeTruthy();
  });

  it('says when it waits for the messages', async () => {
    await draw('dealer-chat-loading');
    await choose(0);
    expect(await screen.findByText('Loading messages…')).toBeTruthy();
  });

  it('says when there are no messages', async () => {
    await draw('dealer');
    await choose(3);
    expect(await screen.findByText('No messages yet', { selector: '.title' })).toBeTruthy();
  });

  it('writes nothing while offline and says why', async () => {
    await draw('dealer-offline');
    const user = await choose(0);
    await user.type(await screen.findByTestId('composer'), 'Hello');

    expect(screen.getByTestId<HTMLButtonElement>('composer-send').disabled).toBe(true);
    expect(screen.getByText('You can write again once the server is back.')).toBeTruthy();
  });
});
