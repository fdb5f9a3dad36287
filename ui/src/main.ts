// Starts the interface on whichever host there is.

import { mount } from 'svelte';

import './app.css';
import './layout.css';
import './sidebar.css';
import App from './App.svelte';
import { pickHost } from './host/pick';
import { Session } from './model/session.svelte';

const target = document.getElementById('app');
const picked = await pickHost(location.search);
if (target !== null && picked !== null) {
  mount(App, { target, props: { session: new Session(picked.host, picked.direction) } });
} else if (target !== null) {
  target.textContent = 'Bellwire runs as a desktop application.';
}
